import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openStore } from '../../src/store/index.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { handClock } from '../_kit/clock.ts'
import { storeContract } from './contract.ts'

storeContract(
  test,
  'memory',
  async (t) => {
    const clock = handClock()
    const store = openMemoryStore({ clock })
    t.teardown(() => store.close())
    return { clock, store }
  },
  'alone',
)

test('two memory stores share nothing', async (t) => {
  const clock = handClock()
  const [one, two] = [await openStore('memory:', { clock, log: silentLog }), openMemoryStore({ clock })]
  await one.increment([{ name: 'n', by: 5, expiresAt: clock.now() + 1000 }])
  t.deepEqual(await two.increment([{ name: 'n', by: 1, expiresAt: clock.now() + 1000 }]), [1])
  await Promise.all([one.close(), two.close()])
})

test('a store URL of an unknown scheme is refused, with those that are known', async (t) => {
  const deps = { clock: handClock(), log: silentLog }
  for (const url of ['mysql://x', 'data/gatehouse.db', '', 'constructor:x', 'sqlite:']) {
    await t.throwsAsync(openStore(url, deps), { instanceOf: TypeError })
  }
})
