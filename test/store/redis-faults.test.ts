import test, { type ExecutionContext } from 'ava'
import { systemClock } from '../../src/core/clock.ts'
import { type Log, silentLog } from '../../src/core/log.ts'
import { accessTokenKey, tokensOfClient } from '../../src/oauth/records/access-token.ts'
import { openStore } from '../../src/store/index.ts'
import { recordKind, type Store, StoreUnavailable } from '../../src/store/store.ts'
import { available } from '../_kit/available.ts'
import { handClock } from '../_kit/clock.ts'
import { type RedisServer, startRedis, startSentinels } from '../_kit/redis.ts'
import { scriptedSentinel } from '../_kit/scripted-sentinel.ts'
import { until } from '../_kit/until.ts'

const note = recordKind<unknown>('note')
const twin = recordKind<unknown>('twin')

async function server(t: ExecutionContext, settings: readonly string[] = []): Promise<RedisServer> {
  const redis = await startRedis(settings)
  t.teardown(() => redis.stop())
  return redis
}

async function storeAt(t: ExecutionContext, url: string, log: Log = silentLog): Promise<Store> {
  const store = await openStore(url, { clock: systemClock, log })
  t.teardown(() => store.close())
  return store
}

/** Gives a server a second to answer. */
const impatient = (url: string): string => url.replace(/timeout=.*/, 'timeout=1000')

const putPair = (store: Store, id: string) =>
  store.commit({
    partition: 0,
    writes: [
      { op: 'put', key: note(0, id), value: id },
      { op: 'put', key: twin(0, id), value: id },
    ],
    enqueue: [{ queue: 'q', id, dueAt: 0, value: id }],
  })

/** What a call came to, and that it came soon. */
async function outcome(t: ExecutionContext, call: Promise<unknown>): Promise<string> {
  const begun = performance.now()
  const answer = await call.then(
    () => 'answered',
    (error: unknown) => (error instanceof StoreUnavailable ? 'unavailable' : String(error)),
  )
  t.true(performance.now() - begun < 15_000)
  return answer
}

test('redis: a server killed under load loses nothing that it acknowledged, and the store recovers by itself', async (t) => {
  const redis = await server(t, ['--appendonly', 'yes', '--appendfsync', 'always'])
  const store = await storeAt(t, redis.url)
  const acknowledged: string[] = []
  let refused = 0
  let stopped = false
  const writers = Array.from({ length: 20 }, async (_, writer) => {
    for (let at = 0; !stopped; at++) {
      const id = `${writer}.${at}`
      await putPair(store, id).then(
        () => acknowledged.push(id),
        async (error) => {
          t.true(error instanceof StoreUnavailable)
          refused++
          await new Promise((resolve) => setTimeout(resolve, 5))
        },
      )
    }
  })
  await until(async () => acknowledged.length > 300)
  await redis.signal('SIGKILL')
  const before = acknowledged.length
  await until(async () => refused > 20)
  await redis.restart()
  const back = performance.now()
  await until(async () => acknowledged.length > before + 100)
  t.log(`commits again ${Math.round(performance.now() - back)} ms after the server was back`)
  stopped = true
  await Promise.all(writers)
  const notes = await store.get(acknowledged.map((id) => note(0, id)))
  const twins = await store.get(acknowledged.map((id) => twin(0, id)))
  t.deepEqual(
    notes.map((entry) => entry?.value),
    acknowledged,
  )
  t.true(twins.every((entry) => entry !== undefined))
  t.true((await store.queueState('q')).length >= acknowledged.length)
})

test('redis: a frozen server is unavailable when its time is up, never wrong, and its feed is known to be stale', async (t) => {
  const redis = await server(t)
  const url = impatient(redis.url)
  const store = await storeAt(t, url)
  const other = await storeAt(t, url)
  const heard: string[] = []
  const watch = other.watch(({ id }) => heard.push(id))
  await available(() => putPair(store, 'kept'))
  await redis.signal('SIGSTOP')
  const frozen = other.clock?.now() ?? systemClock.now()
  const begun = performance.now()
  const calls = [
    store.get([note(0, 'kept')]),
    putPair(store, 'late'),
    store.list('i', { limit: 1 }),
    store.increment([{ name: 'n', by: 1, expiresAt: systemClock.now() + 1000 }]),
    store.claim('q', 1, systemClock.now()),
    store.queueState('q'),
    store.ping(),
  ]
  const answers = await Promise.all(calls.map((call) => outcome(t, call)))
  t.log(`unavailable after ${Math.round(performance.now() - begun)} ms`)
  t.deepEqual([...new Set(answers)], ['unavailable'])
  t.true(watch.freshAt() <= frozen)
  await redis.signal('SIGCONT')
  const back = performance.now()
  await available(() => store.ping())
  await until(() => watch.freshAt() > frozen)
  t.log(`usable ${Math.round(performance.now() - back)} ms after it went on`)
  t.like((await available(() => store.get([note(0, 'kept')])))[0], { value: 'kept' })
  await available(() => store.commit({ partition: 3, marks: [{ topic: 't', id: 'after', at: 1 }] }))
  await until(async () => heard.includes('after'))
})

test('redis: marks committed while the feed of another process is cut are heard once it is back', async (t) => {
  const redis = await server(t)
  const store = await storeAt(t, redis.url)
  const other = await storeAt(t, redis.url)
  const heard: string[] = []
  other.watch(({ id }) => heard.push(id))
  const admin = redis.admin()
  for (let round = 0; round < 5; round++) {
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await available(() => store.commit({ partition: round, marks: [{ topic: 't', id: `m${round}`, at: 1 }] }))
  }
  await until(async () => new Set(heard).size === 5)
  t.deepEqual([...new Set(heard)].sort(), ['m0', 'm1', 'm2', 'm3', 'm4'])
})

test('redis: settings that lose data are warned of, and another layout is refused', async (t) => {
  const redis = await server(t, ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'])
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (_, message) => warnings.push(message) }
  await storeAt(t, redis.url, log)
  t.true(warnings.some((warning) => warning.includes('noeviction')))
  t.true(warnings.some((warning) => warning.includes('appendonly')))
  await redis.admin().set('gatehouse:layout', '1 256')
  const deps = { clock: systemClock, log: silentLog }
  await t.throwsAsync(openStore(redis.url, deps), { instanceOf: StoreUnavailable, message: /layout "1 256"/ })
})

test('redis: a full server is unavailable to writers and goes on answering readers', async (t) => {
  const redis = await server(t, ['--maxmemory-policy', 'noeviction'])
  const store = await storeAt(t, redis.url)
  await putPair(store, 'kept')
  await redis.admin().config('SET', 'maxmemory', '1mb')
  t.is(await outcome(t, putPair(store, 'late')), 'unavailable')
  t.is(await outcome(t, store.ping()), 'unavailable')
  t.like((await store.get([note(0, 'kept')]))[0], { value: 'kept' })
  t.deepEqual(await store.get([note(0, 'late'), twin(0, 'late')]), [undefined, undefined])
  await redis.admin().config('SET', 'maxmemory', '0')
  t.is(await outcome(t, putPair(store, 'late')), 'answered')
})

test('redis: where no server is, opening fails and says so without the password', async (t) => {
  const deps = { clock: handClock(), log: silentLog }
  const error = await t.throwsAsync(openStore('redis://user:geheim@127.0.0.1:1', deps), {
    instanceOf: StoreUnavailable,
  })
  t.false(String(error?.message).includes('geheim'))
})

test('redis: when sentinels make another server the master, the store follows', async (t) => {
  const sentinels = await startSentinels()
  t.teardown(() => sentinels.stop())
  const store = await storeAt(t, impatient(sentinels.url))
  const watch = store.watch(() => {})
  await available(() => putPair(store, 'kept'))
  await until(async () => (await sentinels.replica.admin().dbsize()) >= 4)
  await sentinels.master.signal('SIGKILL')
  const killed = performance.now()
  t.is(await outcome(t, putPair(store, 'during')), 'unavailable')
  await sentinels.hurry()
  await available(() => putPair(store, 'after'))
  t.log(`commits again ${Math.round(performance.now() - killed)} ms after the master died`)
  t.like((await available(() => store.get([note(0, 'kept')])))[0], { value: 'kept' })
  const then = systemClock.now()
  await until(async () => watch.freshAt() > then)
})

test('redis: news of a failover that come while the master is being asked for do not end the connections', async (t) => {
  const redis = await server(t)
  const sentinel = await scriptedSentinel(t, redis.port)
  const store = await storeAt(t, `redis+sentinel://127.0.0.1:${sentinel.port}/main?timeout=10000`)
  const watch = store.watch(() => {})
  await putPair(store, 'before')
  sentinel.interrupt()
  await redis.signal('SIGKILL')
  await until(async () => sentinel.interrupted() > 0)
  await redis.restart()
  await available(() => putPair(store, 'after'))
  const then = systemClock.now()
  await until(async () => watch.freshAt() > then)
  t.like((await store.get([note(0, 'after')]))[0], { value: 'after' })
})

test('redis: an access token takes at most 350 bytes, its place in the index of its client included', async (t) => {
  const redis = await server(t)
  const store = await storeAt(t, redis.url)
  const used = async () => Number(/used_memory:(\d+)/.exec(await redis.admin().info('memory'))?.[1])
  const before = await used()
  const total = 30_000
  const clientId = 'bm90IHJlYWxseSByYW5kbQ'
  for (let at = 0; at < total; at += 500) {
    await Promise.all(Array.from({ length: 500 }, (_, offset) => issue(store, clientId, at + offset)))
  }
  const each = ((await used()) - before) / total
  t.log(`${each.toFixed(0)} bytes`)
  t.true(each <= 350)
  const begun = performance.now()
  const page = await store.list(tokensOfClient(clientId), { limit: 1000 })
  t.log(`a page of ${page.members.length} of ${total} took ${Math.round(performance.now() - begun)} ms`)
  t.true(page.members.length > 500 && page.next !== undefined)
  t.deepEqual(
    page.members.map(({ sort }) => sort),
    page.members.map(({ sort }) => sort).sort((a, b) => a - b),
  )
})

async function issue(store: Store, clientId: string, number: number): Promise<void> {
  const digest = bytes(32, number)
  const issuedAt = systemClock.now()
  const expiresAt = issuedAt + 3_600_000
  const record = {
    digest,
    api: 'step-on',
    scheme: 'oauth',
    clientId,
    subject: `user-${number}`,
    scope: ['read:steps', 'write:steps'],
    grantType: 'authorization_code',
    grantId: bytes(16, number),
    metadata: {},
    issuedAt,
    expiresAt,
  }
  const partition = number % 32
  await store.commit({
    partition,
    writes: [
      { op: 'put', key: accessTokenKey(partition, digest), value: record, expiresAt },
      { op: 'index', index: tokensOfClient(clientId), member: `${partition}.${digest}`, sort: issuedAt, expiresAt },
    ],
  })
}

/** Base64url of bytes that look random and differ for each number. */
function bytes(size: number, number: number): string {
  const buffer = Buffer.alloc(size)
  for (let at = 0; at < size; at += 4)
    buffer.writeInt32BE(Math.imul(number + 1, 0x9e3779b1 ^ (at * 0x85ebca6b)) | 0, at)
  buffer.writeUInt32BE(number, 0)
  return buffer.toString('base64url')
}
