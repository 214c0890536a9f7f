import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../store/store.ts'
import { type ClientRecord, clientKey } from '../records/client.ts'
import { concern, createMarkedCache, type MarkedCache } from '../tokens/marked-cache.ts'
import { MARK } from '../tokens/marks.ts'

/** Registered clients by their id, from memory where that is certainly still true. */
export interface ClientDirectory {
  /** The client, or undefined. Throws `StoreUnavailable` when that cannot be known. */
  find(clientId: string): Promise<ClientRecord | undefined>
  /** Of its memory; for measuring. */
  counts?(): ReturnType<MarkedCache<ClientRecord>['counts']>
  close(): void
}

/** Ids longer than this belong to nobody and are not asked for. */
const MAX_ID_LENGTH = 512
const CAPACITY = 10_000
const TTL = 10_000

/** A change to a client reaches it by the mark `client` that belongs into the commit of the change. */
export function createClientDirectory(options: { readonly store: Store; readonly clock: Clock }): ClientDirectory {
  const { store, clock } = options
  const cache = createMarkedCache<ClientRecord>({ store, clock, capacity: CAPACITY, ttl: TTL })
  return {
    async find(clientId) {
      const known = cache.get(clientId)
      if (known || clientId.length > MAX_ID_LENGTH) return known
      const since = cache.begin()
      const [entry] = await store.get([clientKey(clientId)])
      if (!entry) return undefined
      const until = Number.POSITIVE_INFINITY
      cache.put(clientId, entry.value, { since, until, concerns: [concern(MARK.client, clientId)] })
      return entry.value
    },
    counts: cache.counts,
    close: cache.close,
  }
}
