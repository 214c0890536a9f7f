import type { Clock } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'
import type { Vault } from '../../core/vault.ts'
import type { Store } from '../../store/store.ts'
import type { Deliverer } from '../deliverer.ts'
import { ENDPOINTS_INDEX } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'

export interface OperateDeps {
  readonly store: Store
  readonly vault: Vault
  readonly clock: Clock
  readonly random: Random
  readonly deliverer: Deliverer
  /** All live receivers. */
  readonly endpoints: () => readonly Endpoint[]
}

/** Endpoints that are looked at in one call; a gateway with more of them is asked for one at a time. */
const ENDPOINTS = 1000

/** Ids of all endpoints, live or with deliveries that are left. */
export async function endpointIds({ store, endpoints }: OperateDeps): Promise<readonly string[]> {
  const { members } = await store.list(ENDPOINTS_INDEX, { limit: ENDPOINTS })
  return [...new Set([...endpoints().map(({ id }) => id), ...members.map(({ member }) => member)])].sort()
}
