import type { Instant } from '../core/clock.ts'
import { parseDuration } from '../core/duration.ts'
import { BUCKET_NAMES, BUCKETS, type Bucket, startOf } from './buckets.ts'
import { bucketFor, DIMENSIONS, type Dimension, MOST_BUCKETS, type UsageQuery } from './read-usage.ts'

/** What is wrong with a question for usage. */
export class BadUsageQuery extends Error {
  override readonly name = 'BadUsageQuery'
}

const DAY = 86_400_000

/**
 * A question for usage in words: `from` and `to` are instants or how long ago (`24h`), `by` is a list of dimensions, `bucket`
 * the length of the pieces. By default the last day. Throws `BadUsageQuery`.
 */
export function parseUsageQuery(get: (name: string) => string | undefined, now: Instant): UsageQuery {
  const to = instantOf('to', get('to') ?? '0s', now)
  const given = get('from')
  const from = given === undefined ? possible('to', to - DAY) : instantOf('from', given, now)
  if (from >= to) throw new BadUsageQuery('from: must be before "to"')
  const bucket = bucketOf(get('bucket'), from, to, now)
  const pieces = Math.ceil((to - startOf(bucket, from)) / BUCKETS[bucket].length)
  if (pieces > MOST_BUCKETS) {
    throw new BadUsageQuery(`bucket: this would be ${pieces} pieces; there may be ${MOST_BUCKETS}`)
  }
  const only = Object.fromEntries(
    (['api', 'operation', 'client'] as const).flatMap((name) => {
      const value = get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return { from, to, bucket, by: dimensionsOf(get('by') ?? 'api'), only }
}

function instantOf(name: string, text: string, now: Instant): Instant {
  const ago = parseDuration(text)
  return possible(name, ago === undefined ? Date.parse(text) : now - ago)
}

/** An instant that dates can tell: they reach 100 000 000 days back and ahead of 1970. */
function possible(name: string, at: number): Instant {
  if (!Number.isNaN(new Date(at).getTime())) return at
  throw new BadUsageQuery(`${name}: an instant such as 2026-01-31T12:00:00Z, or how long ago: 24h`)
}

function bucketOf(text: string | undefined, from: Instant, to: Instant, now: Instant): Bucket {
  if (text === undefined) return bucketFor(from, to, now)
  const bucket = BUCKET_NAMES.find((name) => name === text)
  if (!bucket) throw new BadUsageQuery(`bucket: ${BUCKET_NAMES.join(', ')}`)
  return bucket
}

function dimensionsOf(text: string): ReadonlySet<Dimension> {
  const names = text.split(',').filter((name) => name !== '')
  const found = names.flatMap((name) => DIMENSIONS.filter((dimension) => dimension === name))
  if (found.length !== names.length) throw new BadUsageQuery(`by: a list of ${DIMENSIONS.join(', ')}`)
  return new Set(found)
}
