import type { Instant } from '../core/clock.ts'
import type { Job } from '../store/store.ts'
import type { Slots } from './slots.ts'

/** A job that this process holds until its lease runs out. */
export interface Claimed {
  readonly job: Job
  readonly leaseUntil: Instant
}

/** The claimed jobs of one lane: a few that wait, and those that are worked on. */
export interface Claims {
  readonly running: number
  readonly waiting: number
  add(claimed: readonly Claimed[]): void
  /** Begins what may begin now. Whether the process had no room for more. */
  begin(limit: number): boolean
  /** Gives back what waits. */
  giveBack(): Promise<void>
  /** Resolves when nothing is worked on. */
  idle(): Promise<void>
}

export interface ClaimsDeps {
  readonly slots: Slots
  /** Works on a job; must not reject. */
  readonly work: (claimed: Claimed) => Promise<void>
  readonly release: (job: Job) => Promise<void>
  /** Called after each job. */
  readonly ended: () => void
}

export function openClaims({ slots, work, release, ended }: ClaimsDeps): Claims {
  const running = new Set<Promise<void>>()
  let waiting: Claimed[] = []
  const start = (claimed: Claimed): void => {
    slots.take()
    const attempt = slots.turn().then(() => work(claimed))
    const run = attempt.finally(() => {
      slots.give()
      running.delete(run)
      ended()
    })
    running.add(run)
  }
  return {
    get running() {
      return running.size
    },
    get waiting() {
      return waiting.length
    },
    add(claimed) {
      waiting.push(...claimed)
    },
    begin(limit) {
      while (waiting.length > 0 && running.size < limit) {
        if (slots.free <= 0) return true
        const claimed = waiting.shift()
        if (claimed) start(claimed)
      }
      return false
    },
    async giveBack() {
      const unused = waiting
      waiting = []
      await Promise.all(unused.map(({ job }) => release(job)))
    },
    async idle() {
      await Promise.all(running)
    },
  }
}
