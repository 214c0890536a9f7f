import type { RateLimit } from '../../api/settings/limits.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Store } from '../../store/store.ts'
import type { Counted } from './limiter.ts'
import { createSharedCounts } from './shared-counts.ts'

/** Milliseconds. */
const DELAY = 10
/** Processes for which the fast path lets no more than 1 % too much through, whatever they do at the same time. */
const PROCESSES = 4

/** Rate limits that all processes on one store keep together. */
export function createSharedRates(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
}): Counted<RateLimit> & { close(): Promise<void> } {
  const { store, clock, log } = deps
  return createSharedCounts<RateLimit>({
    clock,
    log,
    delay: DELAY,
    most: ({ rate }) => rate,
    credit,
    async ask({ key, limit: { rate, per }, add, want }) {
      const [answer] = await store.meter([{ name: `rate:${key}`, rate, per, add, want }])
      return answer ?? { granted: 0, count: rate }
    },
  })
}

/** Far from the limit a share of 1 % of it; close to it nothing, so that the last ones are counted exactly. */
const credit = ({ rate }: RateLimit, count: number): number =>
  Math.floor(Math.min((rate - count) / 16, rate / 100 / PROCESSES))
