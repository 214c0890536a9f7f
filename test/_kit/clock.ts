import type { Clock, Instant } from '../../src/core/clock.ts'

/** A clock that stands still until it is moved. It starts at the real time, because Redis drops keys that are past. */
export interface HandClock extends Clock {
  /** Moves the clock and runs the tasks that fall due on the way, in their order; lets promises settle between them. */
  advance(milliseconds: number): Promise<void>
  /** Sets the clock to another time, as its owner would: what waits goes on waiting for as long as it would have. */
  set(time: Instant): void
  /** Milliseconds until the next task falls due; `Infinity` when none waits. */
  next(): number
}

export function handClock(start: Instant = Date.now()): HandClock {
  let now = start
  let tasks: { readonly at: Instant; readonly task: () => void }[] = []
  const nextUntil = (end: Instant) => tasks.filter((entry) => entry.at <= end).sort((a, b) => a.at - b.at)[0]
  return {
    next: () => Math.min(...tasks.map(({ at }) => at - now)),
    byHand: true,
    now: () => now,
    after(delay, task) {
      const entry = { at: now + Math.max(0, delay), task }
      tasks.push(entry)
      return () => {
        tasks = tasks.filter((other) => other !== entry)
      }
    },
    set(time) {
      tasks = tasks.map((entry) => ({ ...entry, at: entry.at + time - now }))
      now = time
    },
    async advance(milliseconds) {
      const end = now + milliseconds
      for (let entry = nextUntil(end); entry; entry = nextUntil(end)) {
        const due = entry
        tasks = tasks.filter((other) => other !== due)
        now = Math.max(now, due.at)
        due.task()
        await settled()
      }
      now = end
      await settled()
    },
  }
}

/** Lets everything run that waits for nothing but promises. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
