/** Bounds what a process does at the same time, over all endpoints. */
export interface Slots {
  readonly free: number
  take(): void
  give(): void
}

export function openSlots(capacity: number): Slots {
  let taken = 0
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
  }
}
