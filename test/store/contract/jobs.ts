import type { TestFn } from 'ava'
import type { NewJob, Store } from '../../../src/store/store.ts'
import type { OpenWorld } from '../contract.ts'

const enqueue = (store: Store, job: Partial<NewJob> & { readonly id: string; readonly dueAt: number }, partition = 6) =>
  store.commit({ partition, enqueue: [{ queue: 'q', value: { n: 1 }, ...job }] })

const ids = (jobs: readonly { readonly id: string }[]): string[] => jobs.map(({ id }) => id)

export function jobContract(test: TestFn, name: string, open: OpenWorld): void {
  test(`${name}: jobs are claimed when they are due, earliest first, over all partitions`, async (t) => {
    const { store, clock } = await open(t)
    const now = clock.now()
    await enqueue(store, { id: 'later', dueAt: now + 500 }, 1)
    await enqueue(store, { id: 'second', dueAt: now - 1 }, 31)
    await enqueue(store, { id: 'first', dueAt: now - 2, value: 'x' }, 0)
    await enqueue(store, { id: 'elsewhere', dueAt: now, queue: 'other' }, 0)
    t.deepEqual(await store.queueState('q'), { length: 3, nextDueAt: now - 2 })
    const [first, ...rest] = await store.claim('q', 1, now + 100)
    t.deepEqual(first, { queue: 'q', partition: 0, id: 'first', dueAt: now - 2, value: 'x', fence: 1 })
    t.deepEqual(rest, [])
    t.deepEqual(ids(await store.claim('q', 10, now + 100)), ['second'])
    t.deepEqual(await store.claim('q', 10, now + 100), [])
    t.deepEqual(await store.queueState('q'), { length: 3, nextDueAt: now + 100 })
    t.deepEqual(await store.queueState('none'), { length: 0 })
    await clock.advance(500)
    t.deepEqual(ids(await store.claim('q', 10, now + 1000)), ['second', 'first', 'later'].sort(byLease))
  })

  test(`${name}: a job is claimed by one of many claimants`, async (t) => {
    const { store, another, clock } = await open(t)
    const handles = [store, another ? await another() : store]
    const now = clock.now()
    await Promise.all(Array.from({ length: 60 }, (_, at) => enqueue(store, { id: `j${at}`, dueAt: now }, at % 32)))
    const claims = Array.from({ length: 20 }, (_, at) => (handles[at % 2] ?? store).claim('q', 5, now + 1000))
    const claimed = ids((await Promise.all(claims)).flat())
    t.is(new Set(claimed).size, claimed.length)
    const rest = ids(await store.claim('q', 100, now + 1000))
    t.is(new Set([...claimed, ...rest]).size, 60)
    t.is(claimed.length + rest.length, 60)
  })

  test(`${name}: a job whose lease ran out comes back, and its late settlement is refused`, async (t) => {
    const { store, clock } = await open(t)
    await enqueue(store, { id: 'j', dueAt: clock.now() })
    const [slow] = await store.claim('q', 1, clock.now() + 1000)
    await clock.advance(999)
    t.deepEqual(await store.claim('q', 1, clock.now() + 1000), [])
    await clock.advance(1)
    const [quick] = await store.claim('q', 1, clock.now() + 1000)
    t.is(slow?.fence, 1)
    t.is(quick?.fence, 2)
    const settle = (fence: number) => store.commit({ partition: 6, settle: [{ queue: 'q', id: 'j', fence }] })
    t.deepEqual(await settle(1), { ok: false, reason: 'lease', queue: 'q', id: 'j' })
    t.deepEqual(await settle(2), { ok: true })
    t.deepEqual(await settle(2), { ok: false, reason: 'lease', queue: 'q', id: 'j' })
    t.deepEqual(await store.queueState('q'), { length: 0 })
  })

  test(`${name}: a settlement that comes late, but before anyone else claimed the job, counts`, async (t) => {
    const { store, clock } = await open(t)
    await enqueue(store, { id: 'j', dueAt: clock.now() })
    await store.claim('q', 1, clock.now() + 10)
    await clock.advance(1000)
    t.deepEqual(await store.commit({ partition: 6, settle: [{ queue: 'q', id: 'j', fence: 1 }] }), { ok: true })
  })

  test(`${name}: a job can be put off with a new value`, async (t) => {
    const { store, clock } = await open(t)
    const now = clock.now()
    await enqueue(store, { id: 'j', dueAt: now })
    await store.claim('q', 1, now + 1000)
    const retry = { dueAt: now + 50, value: { attempts: 1 } }
    await store.commit({ partition: 6, settle: [{ queue: 'q', id: 'j', fence: 1, retry }] })
    t.deepEqual(await store.queueState('q'), { length: 1, nextDueAt: now + 50 })
    await clock.advance(50)
    t.like((await store.claim('q', 1, now + 1000))[0], { id: 'j', fence: 2, value: { attempts: 1 }, dueAt: now + 50 })
  })

  test(`${name}: a full queue refuses the whole commit; what the commit itself ends makes room`, async (t) => {
    const { store, clock } = await open(t)
    const now = clock.now()
    const job = (id: string) => ({ queue: 'q', id, dueAt: now, value: 1, capacity: 3 })
    const fill = (...jobs: string[]) => store.commit({ partition: 6, enqueue: jobs.map(job), marks: [] })
    t.like(await fill('a', 'b'), { ok: true })
    t.deepEqual(await fill('c', 'd'), { ok: false, reason: 'full', queue: 'q' })
    t.is((await store.queueState('q')).length, 2)
    t.like(await fill('c'), { ok: true })
    t.like(await fill('d'), { ok: false, reason: 'full' })
    await store.claim('q', 1, now + 1000)
    const swap = await store.commit({ partition: 6, settle: [{ queue: 'q', id: 'a', fence: 1 }], enqueue: [job('d')] })
    t.like(swap, { ok: true })
    t.is((await store.queueState('q')).length, 3)
    t.like(await enqueue(store, { id: 'unbounded', dueAt: now }), { ok: true })
  })

  test(`${name}: the capacity counts the jobs of all partitions`, async (t) => {
    const { store, clock } = await open(t)
    const add = (id: string, partition: number) => enqueue(store, { id, dueAt: clock.now(), capacity: 2 }, partition)
    t.like(await add('a', 1), { ok: true })
    t.like(await add('b', 2), { ok: true })
    t.like(await add('c', 3), { ok: false, reason: 'full' })
  })

  test(`${name}: the capacity counts the jobs that other processes have added`, async (t) => {
    const { store, another, clock } = await open(t)
    const far = another ? await another() : store
    const add = (one: Store, id: string, partition: number) =>
      enqueue(one, { id, dueAt: clock.now(), capacity: 4 }, partition)
    t.like(await add(store, 'a', 1), { ok: true })
    t.like(await add(far, 'b', 2), { ok: true })
    t.like(await add(far, 'c', 3), { ok: true })
    t.like(await add(store, 'd', 4), { ok: true })
    t.like(await add(store, 'e', 5), { ok: false, reason: 'full' })
    t.is((await store.queueState('q')).length, 4)
  })

  test(`${name}: a job that is in the queue already stays as it is`, async (t) => {
    const { store, clock } = await open(t)
    await enqueue(store, { id: 'j', dueAt: clock.now(), value: 'first' })
    await enqueue(store, { id: 'j', dueAt: clock.now(), value: 'second' })
    t.is((await store.queueState('q')).length, 1)
    t.deepEqual(
      (await store.claim('q', 5, clock.now() + 1)).map(({ value }) => value),
      ['first'],
    )
  })

  test(`${name}: jobs can be read without claiming them, one by one and in pages`, async (t) => {
    const { store, clock } = await open(t)
    const now = clock.now()
    await Promise.all(Array.from({ length: 9 }, (_, at) => enqueue(store, { id: `j${at}`, dueAt: now + at }, at)))
    t.deepEqual(await store.job('q', 'j5'), {
      queue: 'q',
      partition: 5,
      id: 'j5',
      dueAt: now + 5,
      value: { n: 1 },
      fence: 0,
    })
    t.is(await store.job('q', 'none'), undefined)
    t.is(await store.job('none', 'j5'), undefined)
    const read: string[] = []
    let page = await store.jobs('q', { limit: 4 })
    for (read.push(...ids(page.jobs)); page.next !== undefined; read.push(...ids(page.jobs))) {
      page = await store.jobs('q', { limit: 4, after: page.next })
    }
    t.deepEqual(
      read,
      Array.from({ length: 9 }, (_, at) => `j${at}`),
    )
    t.is((await store.jobs('q', { limit: 4, after: 'garbage' })).jobs.length, 4)
    t.like((await store.claim('q', 1, now + 1000))[0], { id: 'j0', fence: 1 })
    t.like(await store.job('q', 'j0'), { fence: 1, dueAt: now + 1000 })
  })
}

/** Both leases ended at the same instant: jobs of one instant come by id. */
const byLease = (a: string, b: string): number => Number(a === 'later') - Number(b === 'later') || a.localeCompare(b)
