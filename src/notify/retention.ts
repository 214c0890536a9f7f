import type { Clock, Instant } from '../core/clock.ts'

/** How long things that end may be kept, so that at no rate more than a limit of them are kept. */
export interface Retention {
  /** When the one of this endpoint that ends now may be forgotten: after `wanted` milliseconds, sooner when many end. */
  expiry(endpoint: string, wanted: number): Instant
}

/** Milliseconds over which the rate is taken. */
const SPAN = 10_000

interface Rate {
  readonly since: Instant
  readonly count: number
  readonly perMillisecond: number
}

/** At most about `limit` of each endpoint are kept: where r end in a second, each is kept for at most `limit` / r seconds. */
export function openRetention(clock: Clock, limit: number): Retention {
  const rates = new Map<string, Rate>()
  return {
    expiry(endpoint, wanted) {
      const now = clock.now()
      const rate = counted(rates.get(endpoint) ?? { since: now, count: 0, perMillisecond: 0 }, now)
      rates.set(endpoint, rate)
      // A burst counts before its span is over.
      return now + Math.round(Math.min(wanted, limit / Math.max(rate.perMillisecond, rate.count / SPAN)))
    },
  }
}

function counted({ since, count, perMillisecond }: Rate, now: Instant): Rate {
  const elapsed = now - since
  if (elapsed < SPAN) return { since, count: count + 1, perMillisecond }
  return { since: now, count: 1, perMillisecond: count / elapsed }
}
