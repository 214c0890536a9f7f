import type { Instant } from '../core/clock.ts'
import { type Key, partitionOf, recordKind } from '../store/store.ts'
import type { UsageRow } from './slice.ts'

/** Lengths of time that usage is kept in. */
export const BUCKETS = {
  minute: { length: 60_000, keptFor: 6 * 3_600_000, flushEvery: 10_000 },
  hour: { length: 3_600_000, keptFor: 14 * 86_400_000, flushEvery: 60_000 },
  day: { length: 86_400_000, keptFor: 400 * 86_400_000, flushEvery: 300_000 },
} as const

export type Bucket = keyof typeof BUCKETS
export const BUCKET_NAMES = ['minute', 'hour', 'day'] as const satisfies readonly Bucket[]

/** What one process counted in one bucket, or in part of it: many of them add up to the usage of that time. */
export interface UsageRecord {
  readonly start: Instant
  /** api, operation, client, statuses, latencies, time, tokens: short, because there are many. */
  readonly rows: readonly StoredRow[]
}

export type StoredRow = readonly [
  string,
  string,
  string,
  Readonly<Record<string, number>>,
  readonly number[],
  number,
  number,
]

const kind = recordKind<UsageRecord>('usage')

/** `id`: of one record of this bucket, told apart from those of all processes, also of earlier lives of this one. */
export function usageKey(bucket: Bucket, start: Instant, id: string): Key<UsageRecord> {
  return kind(partitionOf(id), `${bucket}:${start}:${id}`)
}

/** Index of the records of a bucket length, sorted by start; members are `<start>:<id>`. */
export const usageIndex = (bucket: Bucket): string => `usage:${bucket}`

/** The start of the bucket that an instant falls into. */
export const startOf = (bucket: Bucket, at: Instant): Instant => at - (at % BUCKETS[bucket].length)

export const stored = ({ api, operation, client, tally }: UsageRow): StoredRow => [
  api,
  operation,
  client,
  tally.statuses,
  tally.latencies,
  Math.round(tally.time),
  tally.tokens,
]

export function restored([api, operation, client, statuses, latencies, time, tokens]: StoredRow): UsageRow {
  return { api, operation, client, tally: { statuses: { ...statuses }, latencies: [...latencies], time, tokens } }
}
