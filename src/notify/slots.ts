/** Bounds what a process does at the same time, over all endpoints, and lets the issuing of tokens go first. */
export interface Slots {
  readonly free: number
  take(): void
  give(): void
  /** Resolves when the next attempt may begin: in one turn of the event loop fewer do, the more was issued in it. */
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
  let issued = 0
  const next = (): void => {
    const group = Math.max(1, GROUP - 2 * issued)
    issued = 0
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
      issued++
    },
  }
}
