import type { TestFn } from 'ava'
import type { Mark, Store } from '../../../src/store/store.ts'
import type { HandClock } from '../../_kit/clock.ts'
import { until } from '../../_kit/until.ts'
import type { OpenWorld } from '../contract.ts'

const mark = (id: string, at = 1): Mark => ({ topic: 'token', id, at })

function listen(store: Store): { readonly heard: Mark[]; readonly freshAt: () => number; readonly close: () => void } {
  const heard: Mark[] = []
  const watch = store.watch((one) => heard.push(one))
  return { heard, freshAt: () => watch.freshAt(), close: () => watch.close() }
}

/** Moves the clock by polls of a store until `done`. */
const polled = (clock: HandClock, done: () => boolean): Promise<void> =>
  until(async () => {
    await clock.advance(250)
    return done()
  })

/** What holds between processes; for the back ends that several can share. */
export function sharedMarkContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: marks of other handles are all heard, once, in a short while`, async (t) => {
    const { store, another, clock } = await open(t)
    if (!another) return t.fail('a shared store opens another handle')
    const far = await another()
    const near = listen(store)
    const there = listen(far)
    await store.commit({ partition: 1, marks: [mark('0')] })
    await Promise.all(
      Array.from({ length: 100 }, (_, at) => store.commit({ partition: at % 32, marks: [mark(`${at + 1}`)] })),
    )
    await polled(clock, () => there.heard.length >= 101)
    const last = clock.now()
    await polled(clock, () => there.freshAt() > last)
    t.deepEqual(
      there.heard.map(({ id }) => Number(id)).sort((a, b) => a - b),
      near.heard.map(({ id }) => Number(id)).sort((a, b) => a - b),
    )
    t.is(new Set(there.heard.map(({ id }) => id)).size, 101)
    t.is(there.heard.length, 101)
  })

  test(`${name}: who begins to listen later hears what comes then, and others miss nothing by it`, async (t) => {
    const { store, another, clock } = await open(t)
    if (!another) return t.fail('a shared store opens another handle')
    const far = await another()
    const early = listen(far)
    await store.commit({ partition: 1, marks: [mark('one')] })
    const late = listen(far)
    await store.commit({ partition: 2, marks: [mark('two')] })
    await polled(clock, () => early.heard.length === 2 && late.heard.some(({ id }) => id === 'two'))
    t.deepEqual(early.heard.map(({ id }) => id).sort(), ['one', 'two'])
  })
}

export function markContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: marks are heard in this process before the commit resolves, by all who listen`, async (t) => {
    const { store } = await open(t)
    const [one, two] = [listen(store), listen(store)]
    const failing = store.watch(() => {
      throw new Error('a listener with a bug')
    })
    await store.commit({ partition: 1, marks: [mark('a'), { topic: 'client', id: 'ключ \ud800', at: 2 }] })
    const expected = [mark('a'), { topic: 'client', id: 'ключ \ud800', at: 2 }]
    t.deepEqual(one.heard, expected)
    t.deepEqual(two.heard, expected)
    two.close()
    failing.close()
    await store.commit({ partition: 1, marks: [mark('b')] })
    t.is(one.heard.length, 3)
    t.is(two.heard.length, 2)
  })

  test(`${name}: what is fresh moves with the clock`, async (t) => {
    const { store, clock } = await open(t)
    const watch = store.watch(() => {})
    t.true(watch.freshAt() <= clock.now())
    const then = clock.now()
    await polled(clock, () => watch.freshAt() > then)
    t.true(watch.freshAt() <= clock.now())
    watch.close()
  })
}
