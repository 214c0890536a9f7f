/** Bounds repetitions, so that an upstream in trouble does not get all its requests several times over. */
export interface RetryBudget {
  /** A request has come in. */
  earn(): void
  /** Takes one repetition out of the budget; false when there is none left. */
  spend(): boolean
}

/** One repetition for so many requests. */
const REQUESTS_PER_RETRY = 5
/** Repetitions that may be saved up, so that a few requests may be repeated out of quiet. */
const SAVED = 20

/** `onSpend` hears of each repetition. */
export function createRetryBudget(onSpend: () => void = () => {}): RetryBudget {
  let credit = SAVED * REQUESTS_PER_RETRY
  return {
    earn() {
      if (credit < SAVED * REQUESTS_PER_RETRY) credit++
    },
    spend() {
      if (credit < REQUESTS_PER_RETRY) return false
      credit -= REQUESTS_PER_RETRY
      onSpend()
      return true
    },
  }
}
