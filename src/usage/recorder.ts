import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type Random, randomId } from '../core/random.ts'
import type { Store } from '../store/store.ts'
import { BUCKET_NAMES, BUCKETS, type Bucket, startOf, stored, usageIndex, usageKey } from './buckets.ts'
import { Slice, type UsageRow } from './slice.ts'

/** A request that has ended, as far as it is counted. */
export interface CountedRequest {
  readonly api: string | undefined
  readonly operation: string | undefined
  readonly client: string | undefined
  readonly status: number
  readonly at: Instant
  /** Milliseconds. */
  readonly duration: number
}

/** Counts what is used, in memory, and writes it down now and then. */
export interface UsageRecorder {
  request(request: CountedRequest): void
  tokenIssued(api: string, client: string): void
  /** What this process has counted since it started. */
  totals(): Iterable<UsageRow>
  /** Writes down what was counted until now. Rejects with `StoreUnavailable`; then it is kept and tried again. */
  flush(): Promise<void>
  /** Writes everything down and counts no more. */
  close(): Promise<void>
}

/** Rows of one bucket, and of the totals, at most: what comes later counts as `(other)`. */
const ROWS = { minute: 2000, hour: 5000, day: 5000, total: 5000 } as const
const SLICE = BUCKETS.minute.flushEvery

/** What is being counted for one bucket length. */
interface Current {
  /** Of its record: a bucket that is come back to, because the clock was set back, is counted in another one. */
  readonly id: string
  readonly start: Instant
  readonly rows: Slice
  writtenAt: Instant
  dirty: boolean
}

export function createUsageRecorder(deps: {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
}): UsageRecorder {
  const { clock, log } = deps
  const id = randomId(deps.random)
  let begun = 0
  const begin = (bucket: Bucket, at: Instant): Current => newCurrent(bucket, at, `${id}-${begun++}`)
  const totals = new Slice(ROWS.total)
  const currents = new Map(BUCKET_NAMES.map((bucket) => [bucket, begin(bucket, clock.now())]))
  const finished: { readonly bucket: Bucket; readonly current: Current }[] = []
  let slice = new Slice(ROWS.minute)
  let sliceEnd = nextEnd(clock.now())
  let cancel = (): void => {}

  /** Slices end where minutes do, so each belongs to one bucket of every length. */
  const rotate = (now: Instant): void => {
    if (slice.size > 0) {
      const at = sliceEnd - 1
      for (const row of slice.rows()) totals.add(row)
      for (const bucket of BUCKET_NAMES) merge(bucket, at, slice)
      slice = new Slice(ROWS.minute)
    }
    sliceEnd = nextEnd(now)
  }
  const merge = (bucket: Bucket, at: Instant, from: Slice): void => {
    let current = currents.get(bucket) as Current
    if (startOf(bucket, at) !== current.start) {
      if (current.dirty) finished.push({ bucket, current })
      current = begin(bucket, at)
      currents.set(bucket, current)
    }
    for (const row of from.rows()) current.rows.add(row)
    current.dirty = true
  }
  const write = async (due: (bucket: Bucket, current: Current) => boolean): Promise<void> => {
    for (let done = finished[0]; done; done = finished[0]) {
      await put(deps.store, done.bucket, done.current)
      finished.shift()
    }
    for (const [bucket, current] of currents) {
      if (!current.dirty || !due(bucket, current)) continue
      current.dirty = false
      try {
        await put(deps.store, bucket, current)
        current.writtenAt = clock.now()
      } catch (error) {
        current.dirty = true
        throw error
      }
    }
  }
  const tick = (): void => {
    const now = clock.now()
    rotate(now)
    const due = (bucket: Bucket, { writtenAt }: Current) => now - writtenAt >= BUCKETS[bucket].flushEvery
    write(due)
      .catch((error: unknown) => log.warn({ error: String(error) }, 'usage cannot be written down'))
      .finally(schedule)
  }
  const schedule = (): void => {
    cancel = clock.after(Math.max(1, sliceEnd - clock.now()), tick)
  }
  const flush = async (): Promise<void> => {
    rotate(clock.now())
    await write(() => true)
  }
  schedule()
  return {
    request({ api = '', operation = '', client = '', status, at, duration }) {
      if (at >= sliceEnd) rotate(at)
      slice.count(api, operation, client, status, duration)
    },
    tokenIssued: (api, client) => slice.countToken(api, client),
    totals() {
      rotate(clock.now())
      return totals.rows()
    },
    flush,
    async close() {
      cancel()
      await flush().catch((error: unknown) => log.warn({ error: String(error) }, 'usage cannot be written down'))
      cancel()
    },
  }
}

const nextEnd = (now: Instant): Instant => now - (now % SLICE) + SLICE

const newCurrent = (bucket: Bucket, at: Instant, id: string): Current => ({
  id,
  start: startOf(bucket, at),
  rows: new Slice(ROWS[bucket]),
  writtenAt: 0,
  dirty: false,
})

async function put(store: Store, bucket: Bucket, { id, start, rows }: Current): Promise<void> {
  const key = usageKey(bucket, start, id)
  const expiresAt = start + BUCKETS[bucket].length + BUCKETS[bucket].keptFor
  const value = { start, rows: [...rows.rows()].map(stored) }
  await store.commit({
    partition: key.partition,
    writes: [
      { op: 'put', key, value, expiresAt },
      { op: 'index', index: usageIndex(bucket), member: `${start}:${id}`, sort: start, expiresAt },
    ],
  })
}
