import type { Commit, Store } from './store.ts'

/** What was copied. */
export interface CopyCount {
  readonly records: number
  readonly entries: number
  readonly jobs: number
}

/** The target of a copy holds something already. */
export class StoreNotEmpty extends Error {
  override readonly name = 'StoreNotEmpty'
}

/** Commits on their way at a time. */
const TOGETHER = 64

/**
 * Copies everything that lives in one store into another: clients, keys, grants, tokens, undelivered notifications. Tokens go
 * on working, because both keep them by the same digests. Counters begin anew. Neither store may be in use meanwhile.
 * Throws `StoreNotEmpty` when `to` holds anything, `StoreUnavailable` when one of them cannot answer: then empty the target
 * and copy again.
 */
export async function copyStore(from: Store, to: Store): Promise<CopyCount> {
  if (!from.export || !to.export) throw new TypeError('a store that cannot be exported cannot be copied')
  for await (const _ of to.export()) throw new StoreNotEmpty('the store to copy into is not empty')
  const count = { records: 0, entries: 0, jobs: 0 }
  let pending: Promise<unknown>[] = []
  for await (const commit of from.export()) {
    tally(count, commit)
    const written = to.commit(commit)
    written.catch(() => {}) // heard of below, where the others of its group are
    pending.push(written)
    if (pending.length < TOGETHER) continue
    await Promise.all(pending)
    pending = []
  }
  await Promise.all(pending)
  return count
}

function tally(count: { records: number; entries: number; jobs: number }, commit: Commit): void {
  for (const write of commit.writes ?? []) {
    if (write.op === 'put') count.records++
    else count.entries++
  }
  count.jobs += commit.enqueue?.length ?? 0
}
