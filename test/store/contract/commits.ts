import type { TestFn } from 'ava'
import { recordKind, StoreUnavailable } from '../../../src/store/store.ts'
import type { OpenWorld } from '../contract.ts'

const note = recordKind<unknown>('note')

export function commitContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: versions start at 1, change with every put, and guard it`, async (t) => {
    const { store } = await open(t)
    const key = note(7, 'a')
    const write = (version: number, value: unknown) =>
      store.commit({ partition: 7, guards: [{ key, version }], writes: [{ op: 'put', key, value }] })
    t.like(await write(1, 'early'), { ok: false, reason: 'conflict', key })
    t.like(await write(0, 'first'), { ok: true })
    t.like(await write(0, 'again'), { ok: false, reason: 'conflict', key })
    t.like(await write(1, 'second'), { ok: true })
    t.deepEqual(await store.get([key]), [{ value: 'second', version: 2 }])
    t.like(await store.commit({ partition: 7, guards: [{ key, version: 2 }], writes: [{ op: 'remove', key }] }), {
      ok: true,
    })
    t.deepEqual(await store.get([key]), [undefined])
  })

  test(`${name}: a refused commit leaves no trace of any of its parts`, async (t) => {
    const { store, clock } = await open(t)
    const heard: string[] = []
    const watch = store.watch((mark) => heard.push(mark.id))
    await store.commit({ partition: 7, writes: [{ op: 'put', key: note(7, 'a'), value: 1 }] })
    const outcome = await store.commit({
      partition: 7,
      guards: [
        { key: note(7, 'b'), version: 0 },
        { key: note(7, 'a'), version: 9 },
      ],
      writes: [
        { op: 'put', key: note(7, 'b'), value: 1 },
        { op: 'remove', key: note(7, 'a') },
      ],
      enqueue: [{ queue: 'q', id: 'j', dueAt: clock.now(), value: 1 }],
      marks: [{ topic: 't', id: 'm', at: clock.now() }],
    })
    t.deepEqual(outcome, { ok: false, reason: 'conflict', key: note(7, 'a') })
    t.deepEqual(await store.get([note(7, 'a'), note(7, 'b')]), [{ value: 1, version: 1 }, undefined])
    t.deepEqual(await store.queueState('q'), { length: 0 })
    t.deepEqual(heard, [])
    watch.close()
  })

  test(`${name}: of 50 commits that guard one version at once, exactly one succeeds`, async (t) => {
    const { store, another } = await open(t)
    const handles = [store, another ? await another() : store]
    for (const round of [0, 1, 2, 3]) {
      const key = note(9, 'contended')
      const race = Array.from({ length: 50 }, (_, at) =>
        (handles[at % 2] ?? store).commit({
          partition: 9,
          guards: [{ key, version: round }],
          writes: [
            { op: 'put', key, value: at },
            { op: 'put', key: note(9, `r${round}.${at}`), value: at },
          ],
        }),
      )
      const winners = (await Promise.all(race)).flatMap((outcome, at) => (outcome.ok ? [at] : []))
      t.is(winners.length, 1)
      t.deepEqual(await store.get([key]), [{ value: winners[0], version: round + 1 }])
      const traces = await store.get(race.map((_, at) => note(9, `r${round}.${at}`)))
      t.is(traces.filter((entry) => entry !== undefined).length, 1)
    }
  })

  test(`${name}: writes of one commit to one record are applied in their order`, async (t) => {
    const { store } = await open(t)
    const key = note(2, 'twice')
    await store.commit({
      partition: 2,
      writes: [
        { op: 'put', key, value: 1 },
        { op: 'remove', key },
        { op: 'put', key, value: 2 },
      ],
    })
    t.deepEqual(await store.get([key]), [{ value: 2, version: 1 }])
    await store.commit({
      partition: 2,
      writes: [
        { op: 'put', key, value: 3 },
        { op: 'remove', key },
      ],
    })
    t.deepEqual(await store.get([key]), [undefined])
  })

  test(`${name}: counters add up under races and are gone at their deadline`, async (t) => {
    const { store, clock } = await open(t)
    const expiresAt = clock.now() + 1000
    const values = await Promise.all(
      Array.from({ length: 40 }, () => store.increment([{ name: 'hits {a}', by: 1, expiresAt }])),
    )
    t.deepEqual(
      values.flat().sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, at) => at + 1),
    )
    await clock.advance(999)
    const two = [
      { name: 'hits {a}', by: 2, expiresAt: expiresAt + 9000 },
      { name: 'hits {b}', by: -1.5, expiresAt },
    ]
    t.deepEqual(await store.increment(two), [42, -1.5])
    await clock.advance(1)
    t.deepEqual(await store.increment([{ name: 'hits {a}', by: 3, expiresAt: clock.now() + 1000 }]), [3])
    t.deepEqual(await store.increment([]), [])
  })

  test(`${name}: a closed store is unavailable, not empty`, async (t) => {
    const { store } = await open(t)
    await store.ping()
    await store.close()
    await store.close()
    await t.throwsAsync(store.ping(), { instanceOf: StoreUnavailable })
    await t.throwsAsync(store.get([note(1, 'a')]), { instanceOf: StoreUnavailable })
    await t.throwsAsync(store.list('i', { limit: 1 }), { instanceOf: StoreUnavailable })
    const late = store.commit({ partition: 1, writes: [{ op: 'put', key: note(1, 'a'), value: 1 }] })
    await t.throwsAsync(late, { instanceOf: StoreUnavailable })
  })
}
