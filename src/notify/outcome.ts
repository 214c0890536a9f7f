import type { Instant } from '../core/clock.ts'
import type { Commit, Job, Settlement, Write } from '../store/store.ts'
import {
  ATTEMPTS_KEPT,
  type Attempt,
  type DeadReason,
  type Delivery,
  type DeliveryRecord,
  deliveriesIndex,
  deliveryKey,
} from './delivery.ts'

/** A delivery with one more attempt. */
export function withAttempt(delivery: Delivery, attempt: Attempt): Delivery {
  const attempts = [...delivery.attempts, attempt].slice(-ATTEMPTS_KEPT)
  return { ...delivery, tried: delivery.tried + 1, attempts }
}

/** Ends a job whose notification has arrived; the record stays until `expiresAt`, or is not kept at all. */
export function deliveredCommit(job: Job, delivery: Delivery, now: Instant, expiresAt: Instant): Commit {
  const known = delivery.attempts.length > 1 || delivery.replays > 0
  const writes: Write[] = known ? [unindexed(delivery, 'retrying')] : []
  if (expiresAt > now) writes.push(...recordWrites({ ...delivery, state: 'delivered', changedAt: now }, now, expiresAt))
  else if (known) writes.push({ op: 'remove', key: deliveryKey(delivery.id) })
  return { partition: job.partition, settle: [settlementOf(job)], writes }
}

/** Puts a job off until `dueAt`. */
export function retryCommit(job: Job, delivery: Delivery, now: Instant, dueAt: Instant): Commit {
  const place = { dueAt, job: { queue: job.queue, fence: job.fence } }
  const record: DeliveryRecord = { ...delivery, state: 'retrying', changedAt: now, ...place }
  return {
    partition: job.partition,
    settle: [{ ...settlementOf(job), retry: { dueAt, value: delivery } }],
    writes: recordWrites(record, delivery.createdAt),
  }
}

/** Makes a dead letter of a job, kept until `expiresAt`. */
export function deadCommit(job: Job, delivery: Delivery, now: Instant, reason: DeadReason, expiresAt: Instant): Commit {
  const writes = recordWrites({ ...delivery, state: 'dead', reason, changedAt: now }, now, expiresAt)
  return { partition: job.partition, settle: [settlementOf(job)], writes: [unindexed(delivery, 'retrying'), ...writes] }
}

/** Gives a claimed job back as it was. */
export function releaseCommit(job: Job): Commit {
  const retry = { dueAt: job.dueAt, value: job.value }
  return { partition: job.partition, settle: [{ ...settlementOf(job), retry }] }
}

const settlementOf = ({ queue, id, fence }: Job): Settlement => ({ queue, id, fence })

/** The record of a delivery and its place in the index of its state. */
export function recordWrites(record: DeliveryRecord, sort: Instant, expiresAt?: Instant): Write[] {
  const expiry = expiresAt === undefined ? {} : { expiresAt }
  const index = deliveriesIndex(record.endpoint, record.state)
  return [
    { op: 'put', key: deliveryKey(record.id), value: record, ...expiry },
    { op: 'index', index, member: record.id, sort, ...expiry },
  ]
}

export function unindexed(delivery: Delivery, state: DeliveryRecord['state']): Write {
  return { op: 'unindex', index: deliveriesIndex(delivery.endpoint, state), member: delivery.id }
}
