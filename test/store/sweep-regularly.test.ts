import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { sweepRegularly } from '../../src/store/sweep-regularly.ts'
import { handClock } from '../_kit/clock.ts'

test('what has expired is removed little by little, faster when there is much, and after a failure as well', async (t) => {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  t.teardown(() => store.close())
  const removed: number[] = []
  let down = false
  const watched = {
    ...store,
    async sweep(limit: number) {
      if (down) throw new StoreUnavailable('down')
      const count = await store.sweep(limit)
      removed.push(count)
      return count
    },
  }
  const expiresAt = clock.now() + 10
  for (let batch = 0; batch < 5; batch++) {
    const writes = Array.from({ length: 1000 }, (_, index) => {
      const key = { kind: 'x', partition: 0, id: `${batch}-${index}` }
      return { op: 'put' as const, key, value: 1, expiresAt }
    })
    await store.commit({ partition: 0, writes })
  }
  const end = sweepRegularly(watched, { clock, log: silentLog })
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= 100) {
      await clock.advance(100)
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await pass(1600)
  t.deepEqual(removed, [2000, 2000, 1000])
  down = true
  await pass(2000)
  down = false
  await pass(1000)
  t.true(removed.length > 3)
  end()
  const before = removed.length
  await pass(3000)
  t.is(removed.length, before)
})
