import type { Quota, RateLimit } from '../../api/settings/limits.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Store } from '../../store/store.ts'
import { createLocalRates } from './local-rates.ts'
import { createQuotas } from './quotas.ts'
import { createSharedRates } from './shared-rates.ts'

/** What a limit says of one request. */
export interface Verdict {
  readonly allowed: boolean
  /** How many more would be let through now. */
  readonly remaining: number
  /** Milliseconds until there is more; 0 when nothing has been used. */
  readonly resetIn: number
}

/** One kind of limit, counted under keys: `take` counts a request if there is room for it, `look` only looks. */
export interface Counted<L> {
  /** A promise only when the store has to be asked; that rejects with `StoreUnavailable` when it cannot be known. */
  take(key: string, limit: L): Verdict | Promise<Verdict>
  look(key: string, limit: L): Promise<Verdict>
}

export interface Limiter {
  readonly rates: Counted<RateLimit>
  readonly quotas: Counted<Quota>
  /** Writes down what was counted last. */
  close(): Promise<void>
}

/** `shared`: whether other processes count on the same store. Alone, a process keeps its windows in memory. */
export function createLimiter(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly shared: boolean
}): Limiter {
  const rates = deps.shared ? createSharedRates(deps) : createLocalRates(deps.clock)
  const quotas = createQuotas(deps)
  return {
    rates,
    quotas,
    async close() {
      await Promise.all([rates.close(), quotas.close()])
    },
  }
}
