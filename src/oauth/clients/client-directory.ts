import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../store/store.ts'
import { rightsOf } from '../policies/rights-of.ts'
import { withLifetimes } from '../policies/under-session.ts'
import { type ClientRecord, clientKey } from '../records/client.ts'
import { consumerKey } from '../records/consumer.ts'
import { policyKey } from '../records/policy.ts'
import { concern, createMarkedCache, type MarkedCache } from '../tokens/marked-cache.ts'
import { MARK } from '../tokens/marks.ts'
import type { Client } from './client.ts'

/** Registered clients by their id, from memory where that is certainly still true. */
export interface ClientDirectory {
  /** The client with what its policies come to, or undefined. Throws `StoreUnavailable` when that cannot be known. */
  find(clientId: string): Promise<Client | undefined>
  /** Of its memory; for measuring. */
  counts?(): ReturnType<MarkedCache<Client>['counts']>
  close(): void
}

/** Ids longer than this belong to nobody and are not asked for. */
const MAX_ID_LENGTH = 512
const CAPACITY = 10_000
const TTL = 10_000

/** A change to a client, or to a policy of it, reaches it by the mark that belongs into the commit of the change. */
export function createClientDirectory(options: { readonly store: Store; readonly clock: Clock }): ClientDirectory {
  const { store, clock } = options
  const cache = createMarkedCache<Client>({ store, clock, capacity: CAPACITY, ttl: TTL })
  return {
    async find(clientId) {
      const known = cache.get(clientId)
      if (known || clientId.length > MAX_ID_LENGTH) return known
      const since = cache.begin()
      const [entry] = await store.get([clientKey(clientId)])
      const owned = entry && (await withConsumer(entry.value, store))
      if (!owned) return undefined
      const client = await underPolicies(owned, store)
      const concerns = [concern(MARK.client, clientId), ...client.policies.map((id) => concern(MARK.policy, id))]
      if (client.consumerId !== undefined) concerns.push(concern(MARK.consumer, client.consumerId))
      cache.put(clientId, client, { since, until: Number.POSITIVE_INFINITY, concerns })
      return client
    },
    counts: cache.counts,
    close: cache.close,
  }
}

/** An application with the consumer whose it is; undefined when that consumer is gone. */
async function withConsumer(record: ClientRecord, store: Store): Promise<Client | undefined> {
  if (record.consumerId === undefined) return record
  const [consumer] = await store.get([consumerKey(record.consumerId)])
  return consumer && { ...record, consumer: consumer.value }
}

async function underPolicies(record: Client, store: Store): Promise<Client> {
  if (record.policies.length === 0) return record
  const entries = await store.get(record.policies.map(policyKey))
  const rights = rightsOf(
    record.policies,
    entries.map((entry) => entry?.value),
  )
  const { scopes } = rights
  const client = { ...withLifetimes(record, rights), rights }
  return scopes ? { ...client, scopes: record.scopes?.filter((scope) => scopes.has(scope)) ?? [...scopes] } : client
}
