import type { Clock, Instant } from '../core/clock.ts'
import { SlidingWindow } from '../core/sliding-window.ts'

/** How long things that end may be kept, so that not many more than a limit of them are kept at any time. */
export interface Retention {
  /**
   * When the one of this endpoint that ends now may be forgotten: after `wanted` milliseconds, or sooner when as many as
   * the limit have already ended within that time.
   */
  expiry(endpoint: string, wanted: number): Instant
}

/** Milliseconds over which the rate is taken. */
const SPAN = 10_000
/** Of the limit, so many are kept beyond it: the latest, however long too many go on ending. */
const BEYOND = 0.1

interface Rate {
  readonly since: Instant
  readonly count: number
  readonly perMillisecond: number
}

interface Kept {
  /** Those that are kept as long as was wanted: a burst counts as what it is, not as if it went on. */
  readonly whole: SlidingWindow
  /** Of those beyond the limit. */
  rate: Rate
}

/**
 * About `limit` of each endpoint are kept for as long as is wanted. Of what ends beyond that, at most about a tenth of
 * `limit` is kept: where r of these end in a second, each for at most `limit` / 10 r seconds.
 */
export function openRetention(clock: Clock, limit: number): Retention {
  const endpoints = new Map<string, Kept>()
  const keptOf = (endpoint: string): Kept => {
    const known = endpoints.get(endpoint)
    if (known) return known
    const fresh = { whole: new SlidingWindow(), rate: { since: clock.now(), count: 0, perMillisecond: 0 } }
    endpoints.set(endpoint, fresh)
    return fresh
  }
  return {
    expiry(endpoint, wanted) {
      const now = clock.now()
      const kept = keptOf(endpoint)
      if (kept.whole.count(now, wanted) < limit) {
        kept.whole.add(now, limit)
        return now + wanted
      }
      const rate = counted(kept.rate, now)
      kept.rate = rate
      // Many at once count before the span is over.
      return now + Math.round(Math.min(wanted, (limit * BEYOND) / Math.max(rate.perMillisecond, rate.count / SPAN)))
    },
  }
}

function counted({ since, count, perMillisecond }: Rate, now: Instant): Rate {
  const elapsed = now - since
  if (elapsed < SPAN) return { since, count: count + 1, perMillisecond }
  return { since: now, count: 1, perMillisecond: count / elapsed }
}
