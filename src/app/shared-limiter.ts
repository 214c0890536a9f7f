import type { Settings } from '../config/settings.ts'
import { createLimiter, type Limiter } from '../gateway/limits/limiter.ts'
import type { Store } from '../store/store.ts'
import type { GatewayDeps } from './deps.ts'

/** The limits of this gateway: counted by this process alone where no other one can be on the store. */
export function sharedLimiter({ store: url, workers }: Settings, store: Store, { clock, log }: GatewayDeps): Limiter {
  return createLimiter({ store, clock, log, shared: workers > 1 || url.startsWith('redis') })
}
