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

/** Milliseconds that a timer of Node can wait; a longer one would fire at once. */
const LONGEST = 2 ** 31 - 1

/** The real clock. */
export const systemClock: Clock = {
  now: Date.now,
  after(delay, task) {
    let timer: NodeJS.Timeout
    const wait = (rest: number): void => {
      timer = rest > LONGEST ? setTimeout(() => wait(rest - LONGEST), LONGEST) : setTimeout(task, rest)
      timer.unref()
    }
    wait(delay)
    return () => clearTimeout(timer)
  },
}

/** Keeps the process alive until the answer is called: timers of the clock do not, and a command may have nothing else to wait for. */
export function stayAlive(): () => void {
  const timer = setInterval(() => {}, LONGEST)
  return () => clearInterval(timer)
}
