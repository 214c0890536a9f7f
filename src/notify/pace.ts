/**
 * How much is sent to one receiver at a time: all that its settings allow at first, less after failures, and then slowly
 * more again.
 */
export interface Pace {
  /** Attempts in flight, at least 1. */
  readonly limit: number
  /** Jobs to hold, those in flight included: a quick receiver's next ones are claimed ahead. */
  readonly held: number
  /** An attempt succeeded after `duration` milliseconds. */
  succeeded(duration: number): void
  failed(): void
  /** Begins again with a single one: the receiver comes back from an outage. */
  restart(): void
}

/** A receiver that answers within this (ms, on average) is quick. */
const QUICK = 200
const AHEAD = 3

/** `most`: the endpoint's bound, as it is now. The limit grows by one a round of successes, and halves at a failure. */
export function openPace(most: () => number): Pace {
  let limit = most()
  let round = 0
  let mean = 0
  const bounded = (): number => Math.max(1, Math.min(limit, most()))
  return {
    get limit() {
      return bounded()
    },
    get held() {
      return bounded() * (mean < QUICK ? AHEAD : 1)
    },
    succeeded(duration) {
      mean += (duration - mean) / 8
      limit = bounded()
      if (limit >= most() || ++round < limit) return
      limit++
      round = 0
    },
    failed() {
      limit = Math.max(1, Math.floor(bounded() / 2))
      round = 0
    },
    restart() {
      limit = 1
      round = 0
    },
  }
}
