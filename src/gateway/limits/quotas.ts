import type { Quota } from '../../api/settings/limits.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Store } from '../../store/store.ts'
import type { Counted } from './limiter.ts'
import { periodAt, type Span } from './period.ts'
import { createSharedCounts } from './shared-counts.ts'
import type { Told } from './tally.ts'

/** Milliseconds of counting that a killed process forgets at most; others want to hear of it sooner. */
const DELAY = { alone: 1000, shared: 250 }
const PROCESSES = 4

interface Current extends Quota {
  readonly span: Span
}

/** Quotas: counters in the store, one for each period. */
export function createQuotas(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly shared: boolean
}): Counted<Quota> & { close(): Promise<void> } {
  const { store, clock, log, shared } = deps
  const counts = createSharedCounts<Current>({
    clock,
    log,
    delay: shared ? DELAY.shared : DELAY.alone,
    most: ({ max }) => max,
    // A process that is alone knows the count itself.
    credit: ({ max }, count) =>
      shared ? Math.floor(Math.min((max - count) / 16, max / 100 / PROCESSES)) : max - count,
    ask: (question) => countInStore(store, question),
  })
  const currents = new WeakMap<Quota, Current>()
  const currentOf = (quota: Quota): Current => {
    const known = currents.get(quota)
    const now = clock.now()
    if (known && now >= known.span.start && now < known.span.end) return known
    const fresh = { ...quota, span: periodAt(quota.per, now) }
    currents.set(quota, fresh)
    return fresh
  }
  return {
    take(key, quota) {
      const current = currentOf(quota)
      return counts.take(`${current.span.start}:${key}`, current)
    },
    look(key, quota) {
      const current = currentOf(quota)
      return counts.look(`${current.span.start}:${key}`, current)
    },
    close: counts.close,
  }
}

async function countInStore(
  store: Store,
  {
    key,
    limit,
    add,
    want,
  }: { readonly key: string; readonly limit: Current; readonly add: number; readonly want: number },
): Promise<Told> {
  const { max, span } = limit
  const counter = (by: number) => ({ name: `quota:${key}`, by, expiresAt: span.end })
  const [count = max] = await store.increment([counter(add + want)])
  const granted = Math.max(0, Math.min(want, max - (count - want)))
  if (granted === want) return { granted, count, nextFree: span.end }
  const [left = max] = await store.increment([counter(granted - want)])
  return { granted, count: left, nextFree: span.end }
}
