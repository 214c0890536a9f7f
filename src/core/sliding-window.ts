import type { Instant } from './clock.ts'

/** How many parts of a limit are told apart at least: what is counted errs by less than one of them. */
const PARTS = 128

/** How many neighbours may share an instant. */
export const partOf = (rate: number): number => Math.ceil(rate / PARTS)

/**
 * Counts what happened within the last `per` milliseconds, as far as it takes to keep a limit. Of a limit up to 128 every
 * event has its own instant; of greater ones up to `rate / 128` neighbours share the instant of the last of them, so that
 * never too much is let through, and too little by less than 1 %. Adding costs constant time.
 */
export class SlidingWindow {
  #instants: Instant[] = []
  #counts: number[] = []
  /** Where the oldest entry stands. */
  #head = 0
  #total = 0

  /** How many are in the window that ends now. */
  count(now: Instant, per: number): number {
    const gone = now - per
    while (this.#head < this.#instants.length && (this.#instants[this.#head] ?? 0) <= gone) {
      this.#total -= this.#counts[this.#head] ?? 0
      this.#head++
    }
    if (this.#head > PARTS) {
      this.#instants = this.#instants.slice(this.#head)
      this.#counts = this.#counts.slice(this.#head)
      this.#head = 0
    }
    return this.#total
  }

  add(now: Instant, rate: number, amount = 1): void {
    const last = this.#instants.length - 1
    const latest = this.#instants[last] ?? 0
    const known = this.#counts[last] ?? 0
    this.#total += amount
    // A clock that is set back must not make an entry leave before an older one.
    const at = Math.max(now, last >= this.#head ? latest : 0)
    if (last >= this.#head && (known + amount <= partOf(rate) || latest === at)) {
      this.#instants[last] = at
      this.#counts[last] = known + amount
    } else {
      this.#instants.push(at)
      this.#counts.push(amount)
    }
  }

  /** When the next part leaves the window; undefined when it is empty. To be asked after `count`. */
  nextFree(per: number): Instant | undefined {
    const oldest = this.#instants[this.#head]
    return oldest === undefined ? undefined : oldest + per
  }

  /** What `SlidingWindow.from` takes. */
  entries(): readonly (readonly [Instant, number])[] {
    return this.#instants.slice(this.#head).map((at, index) => [at, this.#counts[this.#head + index] ?? 0] as const)
  }

  static from(entries: readonly (readonly [Instant, number])[]): SlidingWindow {
    const window = new SlidingWindow()
    for (const [at, count] of entries) {
      window.#instants.push(at)
      window.#counts.push(count)
      window.#total += count
    }
    return window
  }
}
