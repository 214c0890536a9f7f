/** Bounds what a process does at the same time, over all endpoints, and lets the issuing of tokens go first. */
export interface Slots {
  readonly free: number
  take(): void
  give(): void
  /** Resolves when the next attempt may begin: many in a turn of the event loop, one if something was issued in it. */
  turn(): Promise<void>
  /** Says that something was issued. */
  issued(): void
}

/**
 * Attempts that begin in one turn of the event loop when nothing is issued; enough for the store and the sockets to be
 * used in groups, which halves the cost of an attempt.
 */
const GROUP = 16

export function openSlots(capacity: number): Slots {
  const queue: (() => void)[] = []
  let taken = 0
  let issued = false
  const next = (): void => {
    const group = issued ? 1 : GROUP
    issued = false
    for (const begin of queue.splice(0, group)) begin()
    if (queue.length > 0) setImmediate(next)
  }
  return {
    get free() {
      return capacity - taken
    },
    take() {
      taken++
    },
    give() {
      taken--
    },
    turn: () =>
      new Promise((resolve) => {
        if (queue.push(resolve) === 1) setImmediate(next)
      }),
    issued() {
      issued = true
    },
  }
}
