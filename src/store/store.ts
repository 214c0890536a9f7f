import type { Clock, Instant } from '../core/clock.ts'

/**
 * What is kept, and the promises about it. Both back ends prove them with one contract suite (`test/store/contract.ts`).
 *
 * 1. A commit happens wholly or not at all, even if the process is killed; when its promise resolves it is durable.
 * 2. Of many commits that guard one version of one record, exactly one succeeds.
 * 3. A record whose `expiresAt` has passed is invisible, from that very instant of the injected clock.
 * 4. A job is claimed by one claimant at a time; one whose lease ran out comes back.
 * 5. A store that cannot answer throws `StoreUnavailable`; it never answers "absent" for "unknown".
 */
export interface Store {
  /** The time that all who share the store have in common; absent where that is the time of the machine. */
  readonly clock?: Clock

  /** The records at `keys`, in their order; undefined where there is none. One round trip. */
  get<T>(keys: readonly Key<T>[]): Promise<readonly (Entry<T> | undefined)[]>

  /** Applies everything in `commit` or nothing. */
  commit(commit: Commit): Promise<CommitOutcome>

  /**
   * A page of an index, in ascending order of `sort`; members of one `sort` keep an order of their own. What it lists
   * must be verified by reading: an entry may outlive its record, and its own `expiresAt` by a while.
   */
  list(index: string, page: PageRequest): Promise<IndexPage>

  /**
   * Adds to counters and returns their new values, in order. A counter begins at 0 and is gone at the `expiresAt` of
   * the increment that began it.
   */
  increment(counters: readonly CounterIncrement[]): Promise<readonly number[]>

  /**
   * Counts in sliding windows, one for each name, that all processes share. Never lets more than `rate` through in any
   * `per` milliseconds besides what is added unasked, and less than 1 % too little. A window that is not used is forgotten.
   */
  meter(requests: readonly MeterRequest[]): Promise<readonly MeterAnswer[]>

  /** Takes up to `limit` due jobs of a queue, earliest first, and hides them until `leaseUntil`. */
  claim(queue: string, limit: number, leaseUntil: Instant): Promise<readonly Job[]>

  /** Length of a queue, and when its earliest job is due. */
  queueState(queue: string): Promise<QueueState>

  /** A page of the jobs of a queue, claimed ones included, roughly earliest first. Nothing is claimed by reading. */
  jobs(queue: string, page: { readonly after?: string; readonly limit: number }): Promise<JobPage>

  /** One job of a queue, without claiming it; undefined where there is none. */
  job(queue: string, id: string): Promise<Job | undefined>

  /**
   * Calls `listener` for every mark that any process commits from now on: in this process before the commit's promise
   * resolves, in others within a second. Marks survive a reconnect: none is skipped.
   */
  watch(listener: (mark: Mark) => void): Watch

  /** Resolves when the store can answer, throws `StoreUnavailable` otherwise. */
  ping(): Promise<void>

  /** Removes up to `limit` records, index entries and counters that have expired. Returns how many. */
  sweep(limit: number): Promise<number>

  /**
   * Everything that lives, as commits that put it into an empty store; counters and marks aside. For moving a store while
   * nobody writes to it: it reads all there is, piece by piece. Versions and fences begin anew.
   */
  export?(): AsyncIterable<Commit>

  close(): Promise<void>
}

/** Records that must change in one commit share a partition (a hash slot in Redis Cluster). Integer, 0 to 31. */
export type Partition = number
export const PARTITIONS = 32

/** The address of a record. `T` is what is stored there; values are JSON. Make them with a `recordKind`. */
export interface Key<T> {
  readonly kind: string
  readonly partition: Partition
  readonly id: string
  /** Never set: carries `T`. */
  readonly type?: T
}

/** A family of records that store the same type. The kind is part of the address, so one kind never reads another. */
export function recordKind<T>(kind: string): (partition: Partition, id: string) => Key<T> {
  return (partition, id) => ({ kind, partition, id })
}

/** The partition of a record that belongs to nothing else: FNV-1a of its id. */
export function partitionOf(id: string): Partition {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % PARTITIONS
}

export interface Entry<T> {
  readonly value: T
  /** Changes with every put; starts at 1. */
  readonly version: number
}

/** Everything in it is applied atomically. All keys and jobs are of `partition`; index entries and marks may be anywhere. */
export interface Commit {
  readonly partition: Partition
  readonly guards?: readonly Guard[]
  readonly writes?: readonly Write[]
  readonly enqueue?: readonly NewJob[]
  readonly settle?: readonly Settlement[]
  readonly marks?: readonly Mark[]
}

/** The commit happens only if the record has this version; 0: only if there is no (live) record. */
export interface Guard {
  readonly key: Key<unknown>
  readonly version: number
}

export type Write =
  | { readonly op: 'put'; readonly key: Key<unknown>; readonly value: unknown; readonly expiresAt?: Instant }
  | { readonly op: 'remove'; readonly key: Key<unknown> }
  | IndexWrite

/**
 * `sort` orders the index (usually an instant). Putting a member again moves it. `expiresAt` bounds how long the entry is
 * kept: it is not dropped before, and soon after it once no entry of the index has a longer way from `sort` to deadline.
 */
export type IndexWrite =
  | {
      readonly op: 'index'
      readonly index: string
      readonly member: string
      readonly sort: number
      readonly expiresAt?: Instant
    }
  | { readonly op: 'unindex'; readonly index: string; readonly member: string }

export type CommitOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'conflict'; readonly key: Key<unknown> }
  /** Another claimant has the job, or it is gone. */
  | { readonly ok: false; readonly reason: 'lease'; readonly queue: string; readonly id: string }
  /** The queue has reached the `capacity` that the enqueue named. */
  | { readonly ok: false; readonly reason: 'full'; readonly queue: string }

/** A mark tells every process that something is no longer as it was: a revoked token, a changed client, a policy. */
export interface Mark {
  readonly topic: string
  readonly id: string
  readonly at: Instant
}

export interface Watch {
  /** All marks committed before this instant have been delivered. */
  freshAt(): Instant
  close(): void
}

export interface NewJob {
  readonly queue: string
  /** Unique in its queue; a job that is there already stays as it is. */
  readonly id: string
  readonly dueAt: Instant
  readonly value: unknown
  /** Greatest length of the queue after this job; without it, no bound. */
  readonly capacity?: number
}

export interface Job {
  readonly queue: string
  readonly partition: Partition
  readonly id: string
  readonly dueAt: Instant
  readonly value: unknown
  /** Grows with each claim; a settlement by an earlier claimant is refused. */
  readonly fence: number
}

export interface JobPage {
  readonly jobs: readonly Job[]
  /** Present when there may be more. */
  readonly next?: string
}

/** Ends a job, or puts it off until `retryAt` with a new value. */
export interface Settlement {
  readonly queue: string
  readonly id: string
  readonly fence: number
  readonly retry?: { readonly dueAt: Instant; readonly value: unknown }
}

export interface QueueState {
  readonly length: number
  /** When the earliest job is due; undefined when there is none. */
  readonly nextDueAt?: Instant
}

export interface PageRequest {
  /** `next` of the page before. A cursor that makes no sense is treated as the beginning. */
  readonly after?: string
  /** 1 to 1000. */
  readonly limit: number
  /** Only members with `from <= sort`. */
  readonly from?: number
  /** Newest (greatest `sort`) first. */
  readonly descending?: boolean
}

export interface IndexPage {
  readonly members: readonly { readonly member: string; readonly sort: number }[]
  /** Present when there may be more. */
  readonly next?: string
}

export interface CounterIncrement {
  readonly name: string
  readonly by: number
  readonly expiresAt: Instant
}

export interface MeterRequest {
  readonly name: string
  readonly rate: number
  /** Milliseconds. */
  readonly per: number
  /** What has happened already and is counted in any case. */
  readonly add: number
  /** What is asked for: as much of it as the rate leaves is granted, and counted. */
  readonly want: number
}

export interface MeterAnswer {
  readonly granted: number
  /** What the window holds now. */
  readonly count: number
  /** When the oldest part of it leaves; undefined when it is empty. */
  readonly nextFree?: Instant
}

/** The store did not answer: the caller must say 503, never "invalid". */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable'
}
