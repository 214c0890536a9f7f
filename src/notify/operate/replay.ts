import type { Entry } from '../../store/store.ts'
import { type DeliveryRecord, partitionOfDelivery, replayQueue } from '../delivery.ts'
import { makeDue } from '../draw-forward.ts'
import { recordWrites, unindexed } from '../outcome.ts'
import { deliveryOf, jobOf } from '../waiting.ts'
import { findDelivery, findRecord } from './find.ts'
import { type DeliveryFilter, listDeliveries } from './list.ts'
import type { OperateDeps } from './operate-deps.ts'

/** `queued`: it will be sent at once. Otherwise why it will not. */
export type ReplayOutcome = 'queued' | 'unknown' | 'endpoint_not_live' | 'endpoint_disabled'

/** Sends a notification once more, with its id and its bytes; one that waits for a later attempt is sent now. */
export async function replayOne(deps: OperateDeps, id: string): Promise<ReplayOutcome> {
  const delivery = await findDelivery(deps, id)
  if (!delivery) return 'unknown'
  const obstacle = await obstacleAt(deps, delivery.endpoint)
  if (obstacle) return obstacle
  const entry = await findRecord(deps, id)
  if (entry) await requeue(deps, entry)
  deps.deliverer.deliver([delivery.endpoint])
  return 'queued'
}

async function obstacleAt(deps: OperateDeps, endpoint: string): Promise<ReplayOutcome | undefined> {
  if (!deps.endpoints().some(({ id }) => id === endpoint)) return 'endpoint_not_live'
  const { disabled } = await deps.deliverer.condition(endpoint).current()
  return disabled ? 'endpoint_disabled' : undefined
}

/** Puts an ended delivery into the queue of replays, so that it does not hold up new events. Whether it was there. */
async function requeue(deps: OperateDeps, { value: record, version }: Entry<DeliveryRecord>): Promise<boolean> {
  const waiting = jobOf(record)
  if (waiting) return makeDue(deps, waiting)
  const now = deps.clock.now()
  const queue = replayQueue(record.endpoint)
  const delivery = { ...deliveryOf(record), tried: 0, replays: record.replays + 1 }
  const retried: DeliveryRecord = {
    ...delivery,
    state: 'retrying',
    changedAt: now,
    dueAt: now,
    job: { queue, fence: 0 },
  }
  const [put, index] = recordWrites(retried, record.createdAt)
  const outcome = await deps.store.commit({
    partition: partitionOfDelivery(record.id),
    guards: put?.op === 'put' ? [{ key: put.key, version }] : [],
    enqueue: [{ queue, id: record.id, dueAt: now, value: delivery }],
    writes: [unindexed(record, record.state), ...(put && index ? [put, index] : [])],
  })
  return outcome.ok
}

export interface ReplayedPage {
  readonly replayed: number
  /** Replayed nothing of these, because their endpoint is not live or disabled. */
  readonly skipped: number
  /** Present when there may be more. */
  readonly next?: string
}

/** Replays the ended notifications that a filter matches, at most `limit` of them; dead letters unless it says else. */
export async function replayMatching(
  deps: OperateDeps,
  filter: DeliveryFilter,
  page: { readonly limit: number; readonly after?: string },
): Promise<ReplayedPage> {
  const states = (filter.states ?? ['dead']).filter((state) => state === 'dead' || state === 'delivered')
  const { items, next } = await listDeliveries(deps, { ...filter, states }, page)
  const obstacles = new Map<string, boolean>()
  for (const { endpoint } of items) {
    if (!obstacles.has(endpoint)) obstacles.set(endpoint, (await obstacleAt(deps, endpoint)) !== undefined)
  }
  const free = items.filter(({ endpoint }) => obstacles.get(endpoint) === false)
  const done = await Promise.all(
    free.map(async ({ id }) => {
      const entry = await findRecord(deps, id)
      return entry !== undefined && entry.value.state !== 'retrying' && requeue(deps, entry)
    }),
  )
  deps.deliverer.deliver(new Set(free.map(({ endpoint }) => endpoint)))
  const replayed = done.filter(Boolean).length
  return { replayed, skipped: items.length - free.length, ...(next === undefined ? {} : { next }) }
}
