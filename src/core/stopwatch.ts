/** Milliseconds with fractions that never run backwards; for measuring how long something took, not for deadlines. */
export const stopwatch = (): number => performance.now()
