import type { Job, Store } from '../store/store.ts'
import { type Delivery, type DeliveryRecord, deliveriesIndex, deliveryKey, partitionOfDelivery } from './delivery.ts'

/**
 * Jobs of an endpoint that were attempted and wait for their next attempt, oldest event first, as if claimed: a
 * settlement of one is refused when another gateway has it by now.
 */
export async function waitingJobs(store: Store, endpoint: string, limit: number, after?: string) {
  const page = { limit, ...(after === undefined ? {} : { after }) }
  const { members, next } = await store.list(deliveriesIndex(endpoint, 'retrying'), page)
  const records = await store.get(members.map(({ member }) => deliveryKey(member)))
  const jobs = records.flatMap((entry) => jobOf(entry?.value) ?? [])
  return { jobs, ...(next === undefined ? {} : { next }) }
}

/** The job of a record that is retried. */
export function jobOf(record: DeliveryRecord | undefined): (Job & { readonly value: Delivery }) | undefined {
  if (record?.state !== 'retrying' || record.job === undefined) return undefined
  const { queue, fence } = record.job
  const partition = partitionOfDelivery(record.id)
  return { queue, fence, partition, id: record.id, dueAt: record.dueAt ?? record.changedAt, value: deliveryOf(record) }
}

/** What a record keeps of its delivery. */
export function deliveryOf(record: DeliveryRecord): Delivery {
  const { state: _state, reason: _reason, changedAt: _changedAt, dueAt: _dueAt, job: _job, ...delivery } = record
  return delivery
}
