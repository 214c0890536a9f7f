import type { TestFn } from 'ava'
import type { MeterRequest } from '../../../src/store/store.ts'
import type { OpenWorld } from '../contract.ts'

const request = (changes: Partial<MeterRequest> = {}): MeterRequest => ({
  name: 'gold|app',
  rate: 10,
  per: 1000,
  add: 0,
  want: 1,
  ...changes,
})

export function meterContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: a window grants what its rate leaves, and again as what it holds leaves it`, async (t) => {
    const { store, clock } = await open(t)
    const ask = async (changes: Partial<MeterRequest>) => (await store.meter([request(changes)]))[0]
    const began = clock.now()
    t.deepEqual(await ask({ want: 4 }), { granted: 4, count: 4, nextFree: began + 1000 })
    await clock.advance(600)
    t.deepEqual(await ask({ want: 9 }), { granted: 6, count: 10, nextFree: began + 1000 })
    t.is((await ask({ want: 1 }))?.granted, 0)
    await clock.advance(399)
    t.is((await ask({ want: 1 }))?.granted, 0, 'the window is full to its very end')
    await clock.advance(1)
    t.deepEqual(await ask({ want: 9 }), { granted: 4, count: 10, nextFree: began + 1600 })
    await clock.advance(5000)
    t.deepEqual(await ask({ want: 0 }), { granted: 0, count: 0 })
  })

  test(`${name}: what has happened already is counted in any case`, async (t) => {
    const { store } = await open(t)
    const [first] = await store.meter([request({ add: 15, want: 3 })])
    t.like(first, { granted: 0, count: 15 })
    const [other, same] = await store.meter([request({ name: 'gold|other' }), request({ name: 'gold|app' })])
    t.is(other?.granted, 1, 'every name has a window of its own')
    t.is(same?.granted, 0)
  })

  test(`${name}: of many askers at a time no more are granted than there is room for`, async (t) => {
    const { store, another } = await open(t)
    const handles = another ? [store, await another()] : [store]
    const answers = await Promise.all(
      Array.from({ length: 300 }, (_, at) => (handles[at % handles.length] ?? store).meter([request({ rate: 200 })])),
    )
    t.is(
      answers.flat().reduce((sum, { granted }) => sum + granted, 0),
      200,
    )
  })
}
