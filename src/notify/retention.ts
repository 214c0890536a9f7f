import type { Clock, Instant } from '../core/clock.ts'

/** How long things that end may be kept, so that at no rate more than a limit of them are kept. */
export interface Retention {
  /** When the one that ends now may be forgotten: after `wanted` milliseconds, sooner when many end. */
  expiry(wanted: number): Instant
}

/** Milliseconds over which the rate is taken. */
const SPAN = 10_000

/** At most about `limit` are kept: where r end in a second, each is kept for at most `limit` / r seconds. */
export function openRetention(clock: Clock, limit: number): Retention {
  let since = clock.now()
  let count = 0
  let perMillisecond = 0
  return {
    expiry(wanted) {
      const now = clock.now()
      const elapsed = now - since
      count++
      if (elapsed >= SPAN) {
        perMillisecond = count / elapsed
        count = 0
        since = now
      }
      // A burst counts before its span is over.
      const rate = Math.max(perMillisecond, count / SPAN)
      return now + Math.round(Math.min(wanted, limit / rate))
    },
  }
}
