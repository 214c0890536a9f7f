import { type ConsumerRecord, consumerKey, consumerNameKey } from '../../oauth/records/consumer.ts'
import type { Entry, Store } from '../../store/store.ts'
import type { DeclaredConsumer } from './consumers-file.ts'

type Names = Pick<DeclaredConsumer, 'username' | 'custom_id'>

/** The keys of its names: the username first. */
export const nameKeysOf = ({ username, custom_id }: Names): ReturnType<typeof consumerNameKey>[] => [
  ...(username === undefined ? [] : [consumerNameKey('username', username)]),
  ...(custom_id === undefined ? [] : [consumerNameKey('custom_id', custom_id)]),
]

/** Who bears one of these names, in their order and each once. Throws `StoreUnavailable`. */
export async function bearersOf(
  names: readonly ReturnType<typeof consumerNameKey>[],
  store: Store,
): Promise<readonly Entry<ConsumerRecord>[]> {
  const found = await store.get(names)
  const ids = new Set(found.flatMap((name) => (name ? [name.value.consumerId] : [])))
  const bearers = await store.get([...ids].map(consumerKey))
  return bearers.filter((bearer) => bearer !== undefined)
}
