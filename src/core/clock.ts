/** Milliseconds since the Unix epoch. Every deadline in the product is one of these. */
export type Instant = number

/** The only source of time. Tests hand in one that is moved by hand. */
export interface Clock {
  /** The current instant in milliseconds. */
  now(): Instant
  /**
   * Runs `task` once, `delay` milliseconds from now (0 = as soon as possible), and returns what cancels it.
   * A pending task never keeps the process alive.
   */
  after(delay: number, task: () => void): () => void
  /** Somebody moves it: what goes by real time leaves it alone. */
  readonly byHand?: true
}

/** The real clock. */
export const systemClock: Clock = {
  now: Date.now,
  after(delay, task) {
    const timer = setTimeout(task, delay)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
