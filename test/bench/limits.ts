import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import type { Verdict } from '../../src/gateway/limits/limiter.ts'
import { createLimiter } from '../../src/gateway/limits/limiter.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { createUsageRecorder } from '../../src/usage/recorder.ts'
import { startRedis } from '../_kit/redis.ts'
import { type Bar, barLine, isKept } from './report.ts'

const REQUESTS = 400_000
const deps = { clock: systemClock, log: silentLog, random: pooledRandom() }

/** What counting a request costs, in microseconds of this process's CPU; true when all bars are kept. */
export async function benchLimits(folder: string): Promise<boolean> {
  console.log('\nCounting a request: CPU of the counting alone')
  const sqlite = openSqliteStore({ path: `${folder}/limits.db`, ...deps })
  const bars = [...(await onSqlite(sqlite)), ...(await usageBars(sqlite))]
  await sqlite.close()
  await onRedis()
  for (const bar of bars) console.log(barLine(bar))
  return bars.every(isKept)
}

async function onSqlite(store: Store): Promise<Bar[]> {
  const limiter = createLimiter({ store, ...deps, shared: false })
  const rate = { rate: 1_000_000_000, per: 60_000, by: 'client' } as const
  const quota = { max: 1_000_000_000, per: 'month', by: 'client' } as const
  const bars: Bar[] = []
  for (const clients of [1, 10_000]) {
    const keys = Array.from({ length: clients }, (_, client) => `gold/c:${client}`)
    const key = (at: number) => keys[at % clients] as string
    const took = await costOf((at) => limiter.rates.take(key(at), rate))
    bars.push({ what: `rate limit, ${clients} clients, µs`, value: took, atMost: 5 })
    const quotas = await costOf((at) => limiter.quotas.take(key(at), quota))
    bars.push({ what: `quota kept in SQLite, ${clients} clients, µs`, value: quotas, atMost: 5 })
  }
  await limiter.close()
  return bars
}

/** On Redis a limit that is far away is counted in memory, one that is near asks: both are shown, neither has a bar. */
async function onRedis(): Promise<void> {
  const redis = await startRedis()
  const store = await openRedisStore({ url: redis.url, ...deps })
  const limiter = createLimiter({ store, ...deps, shared: true })
  const far = await costOf((at) => limiter.rates.take(`far/${at % 10}`, { rate: 1e9, per: 60_000, by: 'client' }))
  const near = await costOf(
    (at) => limiter.rates.take(`near/${at % 500}`, { rate: 100, per: 60_000, by: 'client' }),
    20_000,
  )
  console.log(`  on Redis: ${far.toFixed(2)} µs far from the limit, ${near.toFixed(1)} µs with one round trip`)
  await limiter.close()
  await store.close()
  await redis.stop()
}

async function usageBars(store: Store): Promise<Bar[]> {
  const usage = createUsageRecorder({ store, ...deps })
  const cost = await costOf((at) => {
    usage.request({
      api: 'step-on',
      operation: `operation${at % 20}`,
      client: `client${at % 100}`,
      status: at % 10 === 0 ? 404 : 200,
      at: systemClock.now(),
      duration: at % 30,
    })
    return undefined
  })
  await usage.close()
  return [{ what: 'recording usage, what is written down included, µs', value: cost, atMost: 2 }]
}

/** Runs in turns, as a server does, so that what happens in between is part of the cost. */
async function costOf(
  work: (at: number) => Verdict | Promise<Verdict> | undefined,
  requests = REQUESTS,
): Promise<number> {
  const run = async (count: number): Promise<void> => {
    for (let at = 0; at < count; ) {
      const waiting: unknown[] = []
      for (const end = Math.min(count, at + 64); at < end; at++) {
        const result = work(at)
        if (result instanceof Promise) waiting.push(result)
      }
      if (waiting.length > 0) await Promise.all(waiting)
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await run(Math.min(requests, 50_000))
  const before = process.cpuUsage()
  await run(requests)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requests
}
