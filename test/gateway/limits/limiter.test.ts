import test from 'ava'
import fc from 'fast-check'
import type { RateLimit } from '../../../src/api/settings/limits.ts'
import { silentLog } from '../../../src/core/log.ts'
import { createLimiter, type Limiter } from '../../../src/gateway/limits/limiter.ts'
import { openMemoryStore } from '../../../src/store/memory.ts'
import { openRedisStore } from '../../../src/store/redis.ts'
import { type Store, StoreUnavailable } from '../../../src/store/store.ts'
import { handClock } from '../../_kit/clock.ts'
import { startRedis } from '../../_kit/redis.ts'

const limiterOn = (store: Store, clock = handClock(), shared = true): Limiter =>
  createLimiter({ store, clock, log: silentLog, shared })

/** Asks `times` at once, by turns at each limiter; how many were let through. */
async function burst(limiters: readonly Limiter[], limit: RateLimit, times: number): Promise<number> {
  const verdicts = await Promise.all(
    Array.from({ length: times }, (_, at) => limiters[at % limiters.length]?.rates.take('app', limit)),
  )
  return verdicts.filter((verdict) => verdict?.allowed).length
}

test('gateways on one store keep a rate together to 1 %, whatever the traffic', async (t) => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 300 })), {
    minLength: 3,
    maxLength: 12,
  })
  const property = fc.asyncProperty(fc.integer({ min: 1, max: 1500 }), steps, async (rate, traffic) => {
    const clock = handClock(1_000_000)
    const store = openMemoryStore({ clock })
    const limiters = [limiterOn(store, clock), limiterOn(store, clock)]
    const admitted: { readonly at: number; readonly count: number }[] = []
    let fair = true
    for (const [wait, requests] of traffic) {
      await clock.advance(wait)
      const now = clock.now()
      const before = admitted.filter(({ at }) => at > now - 1000).reduce((sum, { count }) => sum + count, 0)
      const count = await burst(limiters, { rate, per: 1000, by: 'client' }, requests)
      admitted.push({ at: now, count })
      // What counting in the background adds at the next instant may leave the window 10 ms later than it came.
      const room = rate - before
      fair &&=
        count <= room + rate * 0.01 && (count === requests || count >= room - rate * 0.01 - lateOf(admitted, now))
    }
    await Promise.all(limiters.map((limiter) => limiter.close()))
    await store.close()
    return fair
  })
  await t.notThrowsAsync(() => fc.assert(property, { numRuns: 40 }))
})

/** Requests that left the exact window less than 10 ms ago. */
const lateOf = (admitted: readonly { readonly at: number; readonly count: number }[], now: number): number =>
  admitted.filter(({ at }) => at <= now - 1000 && at > now - 1010).reduce((sum, { count }) => sum + count, 0)

test('gateways on Redis keep a rate together to 1 %, small ones to the request', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const clock = handClock()
  const open = () => openRedisStore({ url: redis.url, clock, log: silentLog })
  const stores = [await open(), await open(), await open()]
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  const limiters = stores.map((store) => limiterOn(store, clock))
  for (const rate of [10, 100, 4000]) {
    const limit: RateLimit = { rate, per: 60_000, by: 'client' }
    const count = (await burst(limiters, limit, rate * 2)) + (await burst(limiters, limit, 30))
    t.true(count >= rate * 0.99 && count <= rate * 1.01, `${count} of ${rate}`)
    if (rate <= 100) t.is(count, rate, 'small limits are exact to the request')
    await clock.advance(120_000)
  }
})

test('far from its limit a client does not wait for the store; what it did is told within 10 ms', async (t) => {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  let asked = 0
  const counting: Store = {
    ...store,
    meter(requests) {
      asked++
      return store.meter(requests)
    },
  }
  const limiter = limiterOn(counting, clock)
  const limit: RateLimit = { rate: 40_000, per: 1000, by: 'client' }
  await limiter.rates.take('app', limit)
  t.is(asked, 1, 'of whom nothing is known the store is asked')
  for (let index = 0; index < 100; index++) t.false(limiter.rates.take('app', limit) instanceof Promise)
  t.is(asked, 1)
  await clock.advance(10)
  t.is(asked, 2)
  t.is((await limiter.rates.look('app', limit)).remaining, 40_000 - 101)
})

test('where the store has to be asked and does not answer, nobody is let through', async (t) => {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  const down: Store = {
    ...store,
    meter: () => Promise.reject(new StoreUnavailable('down')),
    increment: () => Promise.reject(new StoreUnavailable('down')),
  }
  const limiter = limiterOn(down, clock)
  await t.throwsAsync(async () => limiter.rates.take('app', { rate: 10, per: 1000, by: 'client' }), {
    instanceOf: StoreUnavailable,
  })
  await t.throwsAsync(async () => limiter.quotas.take('app', { max: 10, per: 'day', by: 'client' }), {
    instanceOf: StoreUnavailable,
  })
})

test('quotas outlive the gateway, and gateways that share them use up no more than there is', async (t) => {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  const quota = { max: 1000, per: 'month', by: 'client' } as const
  const first = limiterOn(store, clock, false)
  for (let index = 0; index < 100; index++) await first.quotas.take('app', quota)
  await first.close()
  const others = [limiterOn(store, clock), limiterOn(store, clock)]
  const verdicts = await Promise.all(Array.from({ length: 1000 }, (_, at) => others[at % 2]?.quotas.take('app', quota)))
  const allowed = verdicts.filter((verdict) => verdict?.allowed).length
  t.true(allowed >= 890 && allowed <= 910, `${allowed} of 900`)
})

test('of a client whose quota is used up nothing more is asked until its renewal', async (t) => {
  const clock = handClock(Date.UTC(2026, 0, 31, 23))
  const store = openMemoryStore({ clock })
  let asked = 0
  const counting: Store = {
    ...store,
    increment(counters) {
      asked++
      return store.increment(counters)
    },
  }
  const limiter = limiterOn(counting, clock)
  const quota = { max: 1, per: 'month', by: 'client' } as const
  t.true((await limiter.quotas.take('app', quota)).allowed)
  t.deepEqual(await limiter.quotas.take('app', quota), { allowed: false, remaining: 0, resetIn: 3_600_000 })
  const before = asked
  for (let index = 0; index < 50; index++) t.false((await limiter.quotas.take('app', quota)).allowed)
  t.is(asked, before)
  await clock.advance(3_600_000)
  t.true((await limiter.quotas.take('app', quota)).allowed)
})
