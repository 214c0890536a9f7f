import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { sha256 } from '../../src/core/digest.ts'
import { silentLog } from '../../src/core/log.ts'
import { accessTokenKey, tokensOfClient } from '../../src/oauth/records/access-token.ts'
import { copyStore, StoreNotEmpty } from '../../src/store/copy.ts'
import { openStore } from '../../src/store/index.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { recordKind, type Store } from '../../src/store/store.ts'
import { type HandClock, handClock } from '../_kit/clock.ts'
import { type RedisServer, startCluster, startRedis } from '../_kit/redis.ts'

let server: RedisServer | undefined
let database = 0
test.before(async () => {
  server = await startRedis(['--databases', '50'])
})
test.after.always(() => server?.stop())

const client = recordKind<unknown>('client')

async function open(t: ExecutionContext, clock: HandClock, kind: 'sqlite' | 'redis'): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-copy-'))
  const redis = String(server?.url.replace('/0?', `/${database++}?`))
  const store = await openStore(kind === 'sqlite' ? `sqlite:${folder}/store.db` : redis, { clock, log: silentLog })
  t.teardown(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return store
}

const TOKENS = 700

/** Clients, tokens with their index, odd names, jobs, and something that has expired. */
async function fill(store: Store, clock: HandClock): Promise<void> {
  const now = clock.now()
  await store.commit({
    partition: 3,
    writes: [
      { op: 'put', key: client(3, 'ключ {3}:x'), value: { name: 'Ω', secrets: [] } },
      { op: 'put', key: client(3, 'gone'), value: 1, expiresAt: now + 1 },
      { op: 'index', index: 'clients:step {on}', member: 'ключ {3}:x', sort: 5 },
    ],
    enqueue: [{ queue: 'deliveries', id: 'msg:1', dueAt: now + 10, value: { attempts: 3 } }],
  })
  await Promise.all(Array.from({ length: TOKENS }, (_, at) => issue(store, clock, at)))
  await clock.advance(1)
}

async function issue(store: Store, clock: HandClock, at: number): Promise<void> {
  const digest = sha256(`token ${at}`)
  const expiresAt = clock.now() + 60_000
  const value = { digest, api: 'a', scheme: 's', clientId: 'c', scope: ['read'], grantType: 'client_credentials' }
  const record = { ...value, metadata: { at }, issuedAt: clock.now(), expiresAt }
  const partition = at % 32
  await store.commit({
    partition,
    writes: [
      { op: 'put', key: accessTokenKey(partition, digest), value: record, expiresAt },
      { op: 'index', index: tokensOfClient('c'), member: `${partition}.${digest}`, sort: clock.now(), expiresAt },
    ],
  })
}

async function assertCopied(t: ExecutionContext, to: Store, clock: HandClock): Promise<void> {
  const keys = Array.from({ length: TOKENS }, (_, at) => accessTokenKey(at % 32, sha256(`token ${at}`)))
  const tokens = await to.get(keys)
  t.true(tokens.every((entry, at) => entry?.value.metadata['at'] === at && entry.value.digest === keys[at]?.id))
  t.like((await to.get([client(3, 'ключ {3}:x')]))[0], { value: { name: 'Ω', secrets: [] } })
  t.deepEqual(await to.list('clients:step {on}', { limit: 5 }), { members: [{ member: 'ключ {3}:x', sort: 5 }] })
  t.is((await to.list(tokensOfClient('c'), { limit: 1000 })).members.length, TOKENS)
  await clock.advance(10)
  const [job] = await to.claim('deliveries', 5, clock.now() + 1000)
  t.like(job, { id: 'msg:1', partition: 3, value: { attempts: 3 } })
  await clock.advance(60_000)
  t.deepEqual(
    (await to.get(keys)).filter((entry) => entry !== undefined),
    [],
  )
  t.is((await to.list(tokensOfClient('c'), { limit: 1000 })).members.length, 0)
}

for (const [source, target] of [
  ['sqlite', 'redis'],
  ['redis', 'sqlite'],
  ['redis', 'redis'],
] as const) {
  test(`copying ${source} to ${target} carries all that lives: tokens go on working until they expire`, async (t) => {
    const clock = handClock()
    const [from, to] = [await open(t, clock, source), await open(t, clock, target)]
    await fill(from, clock)
    const { records, entries, jobs } = await copyStore(from, to)
    // A scan of Redis may meet a key twice.
    t.true(records >= TOKENS + 1 && entries >= TOKENS + 1 && jobs >= 1)
    await assertCopied(t, to, clock)
  })
}

test('copying to a cluster and back carries all that lives', async (t) => {
  const clock = handClock()
  const cluster = await startCluster()
  const middle = await openStore(cluster.url, { clock, log: silentLog })
  t.teardown(async () => {
    await middle.close()
    await cluster.stop()
  })
  const [from, to] = [openMemoryStore({ clock }), openMemoryStore({ clock })]
  await fill(from, clock)
  t.deepEqual(await copyStore(from, middle), { records: TOKENS + 1, entries: TOKENS + 1, jobs: 1 })
  await copyStore(middle, to)
  await assertCopied(t, to, clock)
})

test('a store that holds something is not copied into', async (t) => {
  const clock = handClock()
  for (const kind of ['sqlite', 'redis'] as const) {
    const to = await open(t, clock, kind)
    await to.commit({ partition: 0, writes: [{ op: 'put', key: client(0, 'a'), value: 1 }] })
    await t.throwsAsync(copyStore(openMemoryStore({ clock }), to), { instanceOf: StoreNotEmpty })
  }
})
