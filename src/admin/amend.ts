import { Problem } from '../core/problem.ts'
import type { Commit, Entry, Key, Store } from '../store/store.ts'

const ATTEMPTS = 10

/**
 * Changes a record that others may be changing too: reads it, commits what `change` makes of it if it is still the same,
 * else begins again. Throws `notFound` when there is no record, and 409 `busy` when others were always faster.
 */
export async function amend<T, R>(
  store: Store,
  key: Key<T>,
  notFound: () => Problem,
  change: (entry: Entry<T>) => { readonly commit: Omit<Commit, 'partition' | 'guards'>; readonly result: R },
): Promise<R> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [entry] = await store.get([key])
    if (!entry) throw notFound()
    const { commit, result } = change(entry)
    const guards = [{ key, version: entry.version }]
    const outcome = await store.commit({ ...commit, partition: key.partition, guards })
    if (outcome.ok) return result
    if (outcome.reason !== 'conflict') throw queueFull()
  }
  throw new Problem(409, 'busy', 'Others are changing this at the same time.')
}

/** Only where something is announced that may wait; nothing that the admin API does is. */
export const queueFull = (): Problem =>
  new Problem(503, 'notifications_full', 'The queue of notifications is full.', { headers: { 'retry-after': '30' } })
