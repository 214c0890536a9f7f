import type { TestFn } from 'ava'
import type { PageRequest, Store } from '../../../src/store/store.ts'
import type { OpenWorld } from '../contract.ts'

const entry = (member: string, sort: number, expiresAt?: number) =>
  ({ op: 'index', index: 'i', member, sort, ...(expiresAt === undefined ? {} : { expiresAt }) }) as const

/** All members, page by page. */
async function walk(store: Store, request: PageRequest): Promise<string[]> {
  const members: string[] = []
  let after: string | undefined
  do {
    const page = await store.list('i', { ...request, ...(after === undefined ? {} : { after }) })
    members.push(...page.members.map(({ member }) => member))
    after = page.next
  } while (after !== undefined)
  return members
}

export function indexContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: an index is read in pages of any size, in both directions, each member once`, async (t) => {
    const { store } = await open(t)
    const members = Array.from({ length: 50 }, (_, at) => `m${String(at).padStart(2, '0')}`)
    // Runs of equal sorts, so that pages end inside them.
    await store.commit({ partition: 0, writes: members.map((member, at) => entry(member, Math.floor(at / 20) - 0.5)) })
    for (const limit of [1, 7, 50, 1000]) {
      t.deepEqual(await walk(store, { limit }), members)
      t.deepEqual(await walk(store, { limit, descending: true }), members.toReversed())
    }
    t.deepEqual(await walk(store, { limit: 7, from: 0.5 }), members.slice(20))
    t.deepEqual(await walk(store, { limit: 7, from: 0.6 }), members.slice(40))
    t.deepEqual(await walk(store, { limit: 7, from: 0.5, descending: true }), members.slice(20).toReversed())
    t.deepEqual(await walk(store, { limit: 7, from: 99 }), [])
    t.deepEqual(await store.list('none', { limit: 10 }), { members: [] })
  })

  test(`${name}: a page that ends the index has no next, and paging goes on after what was removed meanwhile`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 0, writes: [entry('a', 1), entry('b', 2), entry('c', 3)] })
    t.is((await store.list('i', { limit: 3 })).next, undefined)
    const { next } = await store.list('i', { limit: 2 })
    t.is(typeof next, 'string')
    await store.commit({ partition: 0, writes: [{ op: 'unindex', index: 'i', member: 'b' }] })
    t.deepEqual(await store.list('i', { limit: 2, after: next ?? '' }), { members: [{ member: 'c', sort: 3 }] })
  })

  test(`${name}: a cursor that makes no sense is the beginning`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 0, writes: [entry('a', 1), entry('b', 2)] })
    for (const after of ['', 'garbage', 'W10', 'bnVsbA', 'WyJhIiwxXQ', '\ud800', 'x'.repeat(10_000)]) {
      const page = await store.list('i', { limit: 10, after })
      t.deepEqual(
        page.members.map(({ member }) => member),
        ['a', 'b'],
      )
    }
  })

  test(`${name}: putting a member again moves it; indexes with other names are untouched`, async (t) => {
    const { store } = await open(t)
    await store.commit({ partition: 0, writes: [entry('a', 1), entry('b', 2), { ...entry('a', 1), index: 'j' }] })
    await store.commit({ partition: 0, writes: [entry('a', 3)] })
    t.deepEqual(await store.list('i', { limit: 10 }), {
      members: [
        { member: 'b', sort: 2 },
        { member: 'a', sort: 3 },
      ],
    })
    await store.commit({ partition: 0, writes: [{ op: 'unindex', index: 'i', member: 'a' }] })
    t.deepEqual(await walk(store, { limit: 10 }), ['b'])
    t.deepEqual(await store.list('j', { limit: 10 }), { members: [{ member: 'a', sort: 1 }] })
  })

  test(`${name}: an index entry is listed until its deadline and not after those of its kind have passed`, async (t) => {
    const { store, clock } = await open(t)
    const start = clock.now()
    await store.commit({ partition: 0, writes: [entry('a', start, start + 1000)] })
    await clock.advance(500)
    await store.commit({ partition: 0, writes: [entry('b', start + 500, start + 1500)] })
    await clock.advance(499)
    t.deepEqual(await walk(store, { limit: 10 }), ['a', 'b'])
    await clock.advance(1)
    t.deepEqual(await walk(store, { limit: 10 }), ['b'])
    await clock.advance(500)
    t.deepEqual(await walk(store, { limit: 10 }), [])
  })

  test(`${name}: an index entry without deadline outlives those that have one`, async (t) => {
    const { store, clock } = await open(t)
    const start = clock.now()
    await store.commit({ partition: 0, writes: [entry('brief', start, start + 1000), entry('kept', start)] })
    await clock.advance(500_000)
    await store.commit({ partition: 0, writes: [entry('late', start + 500_000, start + 501_000)] })
    t.true((await walk(store, { limit: 10 })).includes('kept'))
    t.true((await walk(store, { limit: 10 })).includes('late'))
  })

  test(`${name}: long indexes are listed by page without reading the rest`, async (t) => {
    const { store } = await open(t)
    const members = Array.from({ length: 5000 }, (_, at) => entry(`m${at}`, at))
    for (let at = 0; at < members.length; at += 1000) {
      await store.commit({ partition: 0, writes: members.slice(at, at + 1000) })
    }
    t.is((await walk(store, { limit: 1000 })).length, 5000)
    t.is((await store.list('i', { limit: 5000 })).members.length, 1000)
    t.is((await store.list('i', { limit: 0 })).members.length, 1)
  })
}
