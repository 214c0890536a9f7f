import type { TestFn } from 'ava'
import { type Key, recordKind } from '../../../src/store/store.ts'
import type { OpenWorld } from '../contract.ts'

const note = recordKind<unknown>('note')
const other = recordKind<unknown>('other')
const put = (key: Key<unknown>, value: unknown) => ({ op: 'put', key, value }) as const

const ODD_VALUES: readonly unknown[] = [
  {},
  [],
  '',
  null,
  false,
  0,
  -1.5e-7,
  Number.MAX_SAFE_INTEGER,
  2 ** 60,
  'ключ 🔑 \u0000 \u2028 \ud800',
  { '': '', 'a.b': { __proto__x: 1 }, '🔑': [null, [[]], { a: null }] },
  [[[[[[[[[[[[[[[[[[[[{ deep: true }]]]]]]]]]]]]]]]]]]]],
  { digest: 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg', grantId: 'bm90IHJlYWxseSByYW5kbQ', scope: ['read', 'read'] },
  { long: 'x'.repeat(70_000) },
  'bm90IHJlYWxseSByYW5kbR', // looks like base64url of 16 bytes, but its last bits are not zero
  ['1', '01', 1, true, 'true', 'null'],
]

const ODD_IDS: readonly string[] = [
  '',
  ' ',
  'a:b',
  'a:b:c',
  '{1}',
  '}{',
  "'; DROP TABLE record; --",
  'a\u0000b',
  'a\u0000c',
  'é',
  'e\u0301',
  '🔑',
  '\ud800',
  '\ud801',
  '\u0001"\\ud800"',
  'A',
  'a',
  '%00',
  '../..',
  '*',
  'x'.repeat(1000),
  'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg',
]

export function recordContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: what was put is read, in the order asked for, and nothing where nothing is`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 3, writes: [put(note(3, 'a'), { n: 1 }), put(note(3, 'b'), { n: 2 })] })
    const entries = await store.get([note(3, 'b'), note(3, 'none'), note(3, 'a'), note(4, 'a'), note(3, 'b')])
    t.deepEqual(entries, [
      { value: { n: 2 }, version: 1 },
      undefined,
      { value: { n: 1 }, version: 1 },
      undefined,
      { value: { n: 2 }, version: 1 },
    ])
    t.deepEqual(await store.get([]), [])
  })

  test(`${name}: any JSON value comes back as it was`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 1, writes: ODD_VALUES.map((value, at) => put(note(1, `v${at}`), value)) })
    const entries = await store.get(ODD_VALUES.map((_, at) => note(1, `v${at}`)))
    t.deepEqual(
      entries.map((entry) => entry?.value),
      [...ODD_VALUES],
    )
  })

  test(`${name}: what is no JSON is refused and stops nothing else`, async (t) => {
    const { store } = await open(t)
    const bad = store.commit({ partition: 1, writes: [put(note(1, 'x'), 1), put(note(1, 'y'), undefined)] })
    const good = store.commit({ partition: 1, writes: [put(note(1, 'z'), 2)] })
    await t.throwsAsync(bad, { instanceOf: TypeError })
    t.like(await good, { ok: true })
    t.deepEqual(await store.get([note(1, 'x'), note(1, 'z')]), [undefined, { value: 2, version: 1 }])
  })

  test(`${name}: ids of any characters are kept apart, in records and in indexes`, async (t) => {
    const { store } = await open(t)
    const index = 'odd {1} 🔑'
    const entries = ODD_IDS.map((member, sort) => ({ op: 'index', index, member, sort }) as const)
    await store.commit({ partition: 2, writes: [...ODD_IDS.map((id, at) => put(note(2, id), at)), ...entries] })
    const read = await store.get(ODD_IDS.map((id) => note(2, id)))
    t.deepEqual(
      read.map((entry) => entry?.value),
      ODD_IDS.map((_, at) => at),
    )
    const { members } = await store.list(index, { limit: 1000 })
    t.deepEqual(
      members.map((entry) => entry.member),
      [...ODD_IDS],
    )
    const removals = ODD_IDS.slice(1).map((member) => ({ op: 'unindex', index, member }) as const)
    await store.commit({ partition: 2, writes: removals })
    t.deepEqual(await store.list(index, { limit: 1000 }), { members: [{ member: '', sort: 0 }] })
  })

  test(`${name}: one kind never reads another's record, nor one partition another's`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 1, writes: [put(note(1, 'x'), 'note')] })
    t.deepEqual(await store.get([other(1, 'x'), note(11, 'x'), note(0, 'x')]), [undefined, undefined, undefined])
    await store.commit({ partition: 1, writes: [{ op: 'remove', key: other(1, 'x') }] })
    t.deepEqual(await store.get([note(1, 'x')]), [{ value: 'note', version: 1 }])
  })

  test(`${name}: a record is gone at the very instant it expires, for readers and for guards`, async (t) => {
    const { store, clock } = await open(t)
    const key = note(5, 'brief')
    const expiresAt = clock.now() + 60_000
    await store.commit({ partition: 5, writes: [{ op: 'put', key, value: 1, expiresAt }] })
    await clock.advance(59_999)
    t.deepEqual(await store.get([key]), [{ value: 1, version: 1 }])
    t.like(await store.commit({ partition: 5, guards: [{ key, version: 0 }] }), { ok: false, reason: 'conflict' })
    await clock.advance(1)
    t.deepEqual(await store.get([key]), [undefined])
    t.like(await store.commit({ partition: 5, guards: [{ key, version: 1 }] }), { ok: false, reason: 'conflict' })
    t.like(await store.commit({ partition: 5, guards: [{ key, version: 0 }], writes: [put(key, 2)] }), { ok: true })
    t.deepEqual(await store.get([key]), [{ value: 2, version: 1 }])
  })

  test(`${name}: a put may take a deadline away or bring it nearer`, async (t) => {
    const { store, clock } = await open(t)
    const key = note(5, 'kept')
    const soon = clock.now() + 1000
    await store.commit({ partition: 5, writes: [{ op: 'put', key, value: 1, expiresAt: soon }] })
    await store.commit({ partition: 5, writes: [put(key, 2)] })
    await clock.advance(2000)
    t.deepEqual(await store.get([key]), [{ value: 2, version: 2 }])
    await store.commit({ partition: 5, writes: [{ op: 'put', key, value: 3, expiresAt: clock.now() + 1 }] })
    await clock.advance(1)
    t.deepEqual(await store.get([key]), [undefined])
  })

  test(`${name}: sweeping removes what has expired, no more than asked for, and nothing that lives`, async (t) => {
    const { store, clock } = await open(t)
    const expiresAt = clock.now() + 1000
    const brief = Array.from(
      { length: 30 },
      (_, at) => ({ op: 'put', key: note(1, `b${at}`), value: at, expiresAt }) as const,
    )
    await store.commit({ partition: 1, writes: [...brief, put(note(1, 'kept'), 1)] })
    await clock.advance(1000)
    t.true((await store.sweep(10)) <= 10)
    while ((await store.sweep(10)) > 0) t.pass()
    t.is(await store.sweep(10), 0)
    t.deepEqual(await store.get([note(1, 'b0'), note(1, 'kept')]), [undefined, { value: 1, version: 1 }])
  })
}
