import type { Instant } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { OutboundErrorCode } from '../outbound/outbound.ts'
import { type Key, PARTITIONS, type Partition, recordKind } from '../store/store.ts'

/** One event on its way to one receiver: the value of its job while it waits, and part of its record afterwards. */
export interface Delivery {
  /** `webhook-id`: constant over retries and replays. */
  readonly id: string
  readonly endpoint: string
  readonly api: string
  readonly type: string
  readonly clientId?: string
  readonly createdAt: Instant
  /** The frozen body, sealed. */
  readonly body: string
  /** How many attempts were made since it was queued or replayed: its place in the schedule. */
  readonly tried: number
  /** The latest attempts, at most 20, oldest first. */
  readonly attempts: readonly Attempt[]
  readonly replays: number
}

/** What one attempt came to. */
export interface Attempt {
  readonly at: Instant
  /** Milliseconds until the answer, or until it was given up. */
  readonly duration: number
  readonly status?: number
  readonly error?: OutboundErrorCode
  /** First KiB of the answer, without control characters and without tokens, sealed. */
  readonly answer?: string
}

/** Enough for the longest sensible schedule's tail; older attempts are forgotten. */
export const ATTEMPTS_KEPT = 20

export type DeadReason =
  /** Every attempt of its schedule failed. */
  | 'exhausted'
  /** The receiver said 410. */
  | 'gone'
  /** The endpoint was disabled. */
  | 'disabled'
  /** The outbox was full, and its policy is to drop the oldest. */
  | 'dropped'
  /** No document names the endpoint any more. */
  | 'removed'
  /** It was sealed under another master key. */
  | 'unreadable'

/** A delivery that was attempted at least once, or that ended. */
export interface DeliveryRecord extends Delivery {
  readonly state: 'retrying' | 'delivered' | 'dead'
  readonly reason?: DeadReason
  /** When it came into this state. */
  readonly changedAt: Instant
  /** When the next attempt is due, while it is retried. */
  readonly dueAt?: Instant
  /** Its job, while it is retried: whoever holds the newest fence may put it off. */
  readonly job?: { readonly queue: string; readonly fence: number }
}

const kind = recordKind<DeliveryRecord>('delivery')
export const deliveryKey = (id: string): Key<DeliveryRecord> => kind(partitionOfDelivery(id), id)

/**
 * A new id: 48 bits of time (so that neighbours in time are neighbours in the store, which halves the cost of keeping
 * them), 72 random bits, and a byte that names the partition, so that the id alone finds the record.
 */
export function deliveryId(random: Random, at: Instant, partition: Partition): string {
  const bytes = Buffer.alloc(16)
  bytes.writeUIntBE(at, 0, 6)
  random(9).copy(bytes, 6)
  bytes[15] = partition
  return `msg_${bytes.toString('base64url')}`
}

/** The partition of an id; of a text that is none, any. */
export function partitionOfDelivery(id: string): Partition {
  return (Buffer.from(id.slice(4), 'base64url')[15] ?? 0) % PARTITIONS
}

/** Queue of new events of an endpoint, and the one of those that an operator replays. */
export const freshQueue = (endpoint: string): string => `notify:${endpoint}`
export const replayQueue = (endpoint: string): string => `notify-replay:${endpoint}`

/** Indexes of an endpoint's records by state; members are ids. `retrying` is sorted by the event's instant. */
export const deliveriesIndex = (endpoint: string, state: DeliveryRecord['state']): string =>
  `deliveries:${state}:${endpoint}`

/** Index of all endpoints that ever had a delivery. */
export const ENDPOINTS_INDEX = 'notify:endpoints'
