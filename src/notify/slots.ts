/** Bounds what a process does at the same time, over all endpoints, and lets the issuing of tokens go first. */
export interface Slots {
  readonly free: number
  take(): void
  give(): void
  /** Resolves when the next attempt may begin: many do in a turn of the event loop, few in those that issue tokens. */
  turn(): Promise<void>
  /** Says that something was issued. */
  issued(): void
}

/**
 * Attempts that begin in one turn of the event loop when nothing is issued; enough for the store and the sockets to be
 * used in groups, which halves the cost of an attempt.
 */
const GROUP = 16
/** Of the turns in which something is issued, one in so many begins an attempt: a busy gateway goes on delivering. */
const BUSY_TURNS = 4

export function openSlots(capacity: number): Slots {
  const queue: (() => void)[] = []
  let taken = 0
  let issued = false
  let busyTurns = 0
  const room = (): number => {
    if (!issued) return GROUP
    issued = false
    busyTurns = (busyTurns + 1) % BUSY_TURNS
    return busyTurns === 0 ? 1 : 0
  }
  const next = (): void => {
    for (const begin of queue.splice(0, room())) begin()
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
