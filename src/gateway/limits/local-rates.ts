import type { RateLimit } from '../../api/settings/limits.ts'
import type { Clock } from '../../core/clock.ts'
import { lru } from '../../core/lru.ts'
import { SlidingWindow } from '../../core/sliding-window.ts'
import type { Counted, Verdict } from './limiter.ts'

/** Windows that are kept; of more clients at once, those that were away longest begin anew. */
const WINDOWS = 100_000

/** Rate limits of a process that shares them with nobody. */
export function createLocalRates(clock: Clock): Counted<RateLimit> & { close(): Promise<void> } {
  const windows = lru<string, SlidingWindow>(WINDOWS)
  const windowOf = (key: string): SlidingWindow => {
    const known = windows.get(key)
    if (known) return known
    const fresh = new SlidingWindow()
    windows.set(key, fresh)
    return fresh
  }
  return {
    take(key, { rate, per }) {
      const window = windowOf(key)
      const now = clock.now()
      const allowed = window.count(now, per) < rate
      if (allowed) window.add(now, rate)
      return verdictOf(window, allowed, rate, per, now)
    },
    async look(key, { rate, per }) {
      const window = windows.get(key) ?? new SlidingWindow()
      return verdictOf(window, window.count(clock.now(), per) < rate, rate, per, clock.now())
    },
    async close() {},
  }
}

function verdictOf(window: SlidingWindow, allowed: boolean, rate: number, per: number, now: number): Verdict {
  const remaining = Math.max(0, rate - window.count(now, per))
  return { allowed, remaining, resetIn: Math.max(0, (window.nextFree(per) ?? now) - now) }
}
