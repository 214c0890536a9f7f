import test from 'ava'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import type { Store } from '../../src/store/store.ts'
import { handClock } from '../_kit/clock.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'
import { storeContract } from './contract.ts'

// One server with a database for each test; what fails is tested with servers of its own, elsewhere.
let server: RedisServer | undefined
let database = 0
test.before(async () => {
  server = await startRedis(['--databases', '200'])
})
test.after.always(() => server?.stop())

storeContract(
  test,
  'redis',
  async (t) => {
    const clock = handClock()
    const url = String(server?.url.replace('/0?', `/${database++}?`))
    const stores: Store[] = []
    const another = async () => {
      const store = await openRedisStore({ url, clock, log: silentLog })
      stores.push(store)
      return store
    }
    t.teardown(async () => void (await Promise.all(stores.map((store) => store.close()))))
    return { clock, store: await another(), another }
  },
  'shared',
)

test('a window goes by the time of the server, however the clocks of gateways go', async (t) => {
  const url = String(server?.url.replace('/0?', `/${database++}?`))
  let ahead = 0
  const clock = { now: () => Date.now() + ahead, after: systemClock.after }
  const store = await openRedisStore({ url, clock, log: silentLog })
  t.teardown(() => store.close())
  const take = () => store.meter([{ name: 'w', rate: 5, per: 60_000, add: 0, want: 4 }])
  t.is((await take())[0]?.granted, 4)
  ahead = 90_000
  const [late] = await take()
  t.is(late?.granted, 1)
  t.true(Math.abs((late?.nextFree ?? 0) - 60_000 - Date.now()) < 30_000)
})
