import test from 'ava'
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
