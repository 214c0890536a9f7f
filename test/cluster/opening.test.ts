import test, { type ExecutionContext } from 'ava'
import { openedStore } from '../../src/app/opened-store.ts'
import { SettingsError } from '../../src/config/load.ts'
import { systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { startRedis } from '../_kit/redis.ts'
import { slowLink } from '../_kit/slow-link.ts'
import { forTest } from '../_kit/world.ts'

/** What a gateway asks before it starts. */
const QUESTIONS = ['TIME', 'SET gatehouse:layout', 'GET gatehouse:layout', 'XREVRANGE', 'master_key']

const deps = { clock: systemClock, log: silentLog }
const vaultOf = (byte: number) => openVault(Buffer.alloc(32, byte), pooledRandom())

/** A Redis, and the store's URL of it by a slow way, on which `delay` is asked about each question, in words. */
async function slowRedis(t: ExecutionContext, delay: (question: string) => number) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const words = (text: string): string => text.replace(/[*$]\d+\r\n/g, '').replaceAll('\r\n', ' ')
  const slow = await slowLink(t, redis.port, (question) => delay(words(question)))
  return { redis, url: redis.url.replace(`:${redis.port}`, `:${slow.port}`) }
}

test('a store that once does not answer in time while a gateway starts is asked again, whatever the question', async (t) => {
  const left = new Set(QUESTIONS)
  const { url } = await slowRedis(t, (question) => {
    const first = [...left].find((one) => question.includes(one))
    return first !== undefined && left.delete(first) ? 1500 : 0
  })
  const store = await forTest(t, openedStore(url.replace(/timeout=.*/, 'timeout=1000'), vaultOf(7), deps))
  t.deepEqual([...left], [])
  await t.notThrowsAsync(store.ping())
})

test('another layout is refused at once', async (t) => {
  let asked = 0
  const { redis, url } = await slowRedis(t, (question) => {
    if (question.includes('GET gatehouse:layout')) asked++
    return 0
  })
  await redis.admin().set('gatehouse:layout', '1 256')
  await t.throwsAsync(openedStore(url, vaultOf(7), deps), { instanceOf: StoreUnavailable, message: /layout "1 256"/ })
  t.is(asked, 1)
})

test('another master key is refused', async (t) => {
  const { url } = await slowRedis(t, () => 0)
  await forTest(t, openedStore(url, vaultOf(7), deps))
  await t.throwsAsync(openedStore(url, vaultOf(8), deps), { instanceOf: SettingsError })
})
