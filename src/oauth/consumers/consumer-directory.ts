import type { Clock } from '../../core/clock.ts'
import type { Store } from '../../store/store.ts'
import { type ConsumerRecord, consumerKey, consumerNameKey, isUuid } from '../records/consumer.ts'
import { concern, createMarkedCache } from '../tokens/marked-cache.ts'
import { MARK } from '../tokens/marks.ts'

/** Registered consumers, from memory where that is certainly still true. */
export interface ConsumerDirectory {
  /**
   * The consumer of that id, or else of that username; undefined when there is none. Throws `StoreUnavailable` when that
   * cannot be known.
   */
  find(reference: string): Promise<ConsumerRecord | undefined>
  close(): void
}

const CAPACITY = 10_000
const TTL = 10_000
const NOBODY = 'nobody'

/** A change to a consumer reaches it by the mark `consumer` that belongs into the commit of the change. */
export function createConsumerDirectory(options: { readonly store: Store; readonly clock: Clock }): ConsumerDirectory {
  const { store, clock } = options
  const cache = createMarkedCache<ConsumerRecord | typeof NOBODY>({ store, clock, capacity: CAPACITY, ttl: TTL })
  return {
    async find(reference) {
      const known = cache.get(reference)
      if (known !== undefined) return known === NOBODY ? undefined : known
      const since = cache.begin()
      const found = await consumerOf(reference, store)
      const ids = found ? [found.id, reference] : [reference]
      const concerns = ids.map((id) => concern(MARK.consumer, id))
      cache.put(reference, found ?? NOBODY, { since, until: Number.POSITIVE_INFINITY, concerns })
      return found
    },
    close: cache.close,
  }
}

/** The consumer of that id, or else of that username, read from the store itself. */
export async function consumerOf(reference: string, store: Store): Promise<ConsumerRecord | undefined> {
  return (await consumerEntry(reference, store))?.value
}

/** The same with the version of its record. */
export async function consumerEntry(reference: string, store: Store) {
  if (isUuid(reference)) return (await store.get([consumerKey(reference.toLowerCase())]))[0]
  const [name] = await store.get([consumerNameKey('username', reference)])
  return name && (await store.get([consumerKey(name.value.consumerId)]))[0]
}
