import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type Key, partitionOf, recordKind, type Store } from '../store/store.ts'
import { type BuryDeps, buryOldest } from './bury.ts'
import { ENDPOINTS_INDEX, freshQueue, replayQueue } from './delivery.ts'

/** When an endpoint was first seen without a document that names it. */
const kind = recordKind<{ readonly since: Instant }>('endpoint-missing')
const missingKey = (endpoint: string): Key<{ readonly since: Instant }> => kind(partitionOf(endpoint), endpoint)

/** Milliseconds for which the events of a missing endpoint wait: its document may only be broken for now. */
const PATIENCE = 5 * 86_400_000
const DEAD_LETTERS = 30 * 86_400_000

/** Makes dead letters of what waits for endpoints that no document has named for five days. */
export async function buryOrphans(deps: BuryDeps & { readonly log: Log }, live: ReadonlySet<string>): Promise<void> {
  let after: string | undefined
  do {
    const page = await deps.store.list(ENDPOINTS_INDEX, { limit: 500, ...(after === undefined ? {} : { after }) })
    for (const { member } of page.members) {
      if (live.has(member)) await found(deps.store, member)
      else await missing(deps, member)
    }
    after = page.next
  } while (after !== undefined)
}

async function found(store: Store, endpoint: string): Promise<void> {
  const key = missingKey(endpoint)
  const [entry] = await store.get([key])
  if (entry) await store.commit({ partition: key.partition, writes: [{ op: 'remove', key }] })
}

async function missing(deps: BuryDeps & { readonly log: Log; readonly clock: Clock }, endpoint: string): Promise<void> {
  const { store, clock, log } = deps
  const key = missingKey(endpoint)
  const states = await Promise.all(
    [freshQueue(endpoint), replayQueue(endpoint)].map((queue) => store.queueState(queue)),
  )
  const waiting = states.reduce((sum, { length }) => sum + length, 0)
  if (waiting === 0) return
  const [entry] = await store.get([key])
  if (!entry) {
    const value = { since: clock.now() }
    await store.commit({ partition: key.partition, guards: [{ key, version: 0 }], writes: [{ op: 'put', key, value }] })
    log.warn({ endpoint, waiting }, 'notifications wait for an endpoint that no document names')
  } else if (clock.now() - entry.value.since >= PATIENCE) {
    const buried = await buryOldest(deps, endpoint, 'removed', DEAD_LETTERS, Number.POSITIVE_INFINITY)
    log.error({ endpoint, buried }, 'notifications for an endpoint that no document names are dead letters now')
  }
}
