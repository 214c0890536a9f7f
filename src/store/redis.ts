import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { connectRedis, type RedisClient } from './redis-client.ts'
import { followServer } from './redis-clock.ts'
import { type CommitDeps, commitToRedis } from './redis-commit.ts'
import { exportRedis } from './redis-export.ts'
import { listFromRedis } from './redis-indexes.ts'
import { openRedisJobs } from './redis-jobs.ts'
import { counterName, pingName, recordName } from './redis-keys.ts'
import { openRedisMarks } from './redis-marks.ts'
import { meterInRedis } from './redis-meter.ts'
import { INCREMENT } from './redis-scripts.ts'
import { verifyRedis } from './redis-settings.ts'
import { parseRedisUrl } from './redis-url.ts'
import { deadline, readEntry } from './redis-value.ts'
import { type CounterIncrement, type Entry, type Key, PARTITIONS, type Store, StoreUnavailable } from './store.ts'

export interface RedisStoreOptions {
  /** See `parseRedisUrl`. */
  readonly url: string
  readonly clock: Clock
  readonly log: Log
}

/**
 * The store that many machines share: Redis 6.2 or later, alone, with sentinels, or as a cluster. A server that is gone or
 * silent makes calls throw `StoreUnavailable` within half a second (or as the URL says); when it is back they succeed again.
 * Rejects with `StoreUnavailable` when the first connection fails, with `TypeError` when the URL makes no sense.
 */
export async function openRedisStore({ url, clock: own, log }: RedisStoreOptions): Promise<Store> {
  const location = parseRedisUrl(url)
  const client = connectRedis(location, log)
  const tail = connectRedis(location, log, true)
  const close = async () => void (await Promise.all([client.close(), tail.close()]))
  try {
    await Promise.all([firstConnection(client), firstConnection(tail)])
    await verifyRedis(client, own, log)
    const clock = await followServer(client, own)
    const marks = await openRedisMarks({ client, tail, clock, log })
    return storeOn({ client, clock, marks, jobs: openRedisJobs(client, clock) }, async () => {
      clock.close()
      await close()
    })
  } catch (error) {
    await close()
    throw error
  }
}

/** Milliseconds: a server that starts together with the gateway may be a little later. */
const FIRST_CONNECTION = 3000

function firstConnection(client: RedisClient): Promise<void> {
  const tooLate = AbortSignal.timeout(FIRST_CONNECTION)
  return new Promise((resolve, reject) => {
    tooLate.addEventListener('abort', () => reject(new StoreUnavailable('Redis cannot be reached')), { once: true })
    client.ready().then(resolve, reject)
  })
}

function storeOn(deps: CommitDeps, close: () => Promise<void>): Store {
  const { client, clock, jobs, marks } = deps
  return {
    clock,
    get: (keys) => readAll(client, keys, clock.now()),
    commit: (commit) => commitToRedis(deps, commit),
    list: (index, page) => listFromRedis(client, clock, index, page),
    increment: (counters) => Promise.all(counters.map((counter) => increment(client, counter, clock.now()))),
    meter: (requests) => meterInRedis(client, requests, clock.byHand ? clock.now() : undefined),
    claim: (queue, limit, leaseUntil) => jobs.claim(queue, limit, leaseUntil),
    queueState: (queue) => jobs.state(queue),
    jobs: (queue, page) => jobs.list(queue, page),
    job: (queue, id) => jobs.find(queue, id),
    watch: (listener) => marks.watch(listener),
    ping: () => ping(client),
    // Redis forgets by itself: keys by their deadlines, index members with later writes to their index.
    sweep: async () => 0,
    export: () => exportRedis(client, clock.now()),
    async close() {
      marks.close()
      await close()
    },
  }
}

async function readAll<T>(client: RedisClient, keys: readonly Key<T>[], now: Instant) {
  if (keys.length === 0) return []
  const groups = client.cluster ? [...Map.groupBy(keys, (key) => key.partition).values()] : [keys]
  const entries = new Map<Key<T>, Entry<T> | undefined>()
  await Promise.all(
    groups.map(async (group) => {
      const values = (await client.call('MGET', ...group.map(recordName))) as (Buffer | null)[]
      group.forEach((key, at) => {
        const value = values[at]
        if (value) entries.set(key, readEntry(key, value, now))
      })
    }),
  )
  return keys.map((key) => entries.get(key))
}

async function increment(client: RedisClient, counter: CounterIncrement, now: Instant): Promise<number> {
  const args = [now, counter.by, deadline(counter.expiresAt)]
  return Number(await client.run(INCREMENT, [counterName(counter.name)], args))
}

/** Writes, because a full disk or a former master still reads; to every partition, because each may be elsewhere. */
async function ping(client: RedisClient): Promise<void> {
  const names = Array.from({ length: client.cluster ? PARTITIONS : 1 }, (_, partition) => pingName(partition))
  await Promise.all(names.map((name) => client.call('SET', name, 1, 'PX', 60_000)))
}
