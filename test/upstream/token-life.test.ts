import test from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { type Store, StoreUnavailable } from '../../src/store/store.ts'
import { startRedis } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { credentialsWorld as world } from '../_kit/upstream-credentials.ts'

test('200 callers at once cause one token request, and callers after them none', async (t) => {
  const { server, credential } = await world(t)
  const values = await Promise.all(Array.from({ length: 200 }, () => credential().obtain()))
  t.deepEqual([...new Set(values)], ['Bearer token-1'])
  t.is(credential().peek(), 'Bearer token-1')
  t.is(server.asked.length, 1)
})

test('equal settings in other places share the token, other settings do not', async (t) => {
  const { server, credential } = await world(t)
  await credential({ scopes: ['a', 'b'] }).obtain()
  t.is(credential({ scopes: ['b', 'a'] }).peek(), 'Bearer token-1')
  t.is(credential({ scopes: ['a'] }).peek(), undefined)
  t.is(server.asked.length, 1)
})

test('gateways with one store share the token, and the store shows neither token nor secret', async (t) => {
  const { server, credential, gateway, store } = await world(t)
  await credential().obtain()
  await new Promise((resolve) => setImmediate(resolve))
  t.is(await credential({}, gateway()).obtain(), 'Bearer token-1')
  t.is(server.asked.length, 1)
  let kept = ''
  for await (const commit of store.export?.() ?? []) kept += JSON.stringify(commit)
  t.regex(kept, /upstream-token/)
  t.notRegex(kept, /token-1|the-secret-of-gate/)
})

test('without the store each gateway gets a token of its own', async (t) => {
  const { credential, gateway } = await world(t)
  const fails = () => Promise.reject(new StoreUnavailable('down'))
  t.is(await credential({}, gateway({ get: fails, commit: fails })).obtain(), 'Bearer token-1')
})

test('a token that is used is refreshed in the background before it expires, and callers never wait', async (t) => {
  const { server, credential, clock } = await world(t)
  const used = credential()
  await used.obtain()
  used.peek()
  await clock.advance(3_570_000 + 10_000)
  await arrived(() => server.asked.length === 2 && used.peek() === 'Bearer token-2')
  t.is(used.peek(), 'Bearer token-2')
})

test('a token that nobody uses is not refreshed', async (t) => {
  const { server, credential, clock } = await world(t)
  await credential().obtain()
  await clock.advance(7_200_000)
  t.is(credential().peek(), undefined)
  t.is(server.asked.length, 1)
})

test('while refreshing fails, the token is used until its end', async (t) => {
  const { server, credential, clock } = await world(t)
  const used = credential()
  await used.obtain()
  server.answer((response) => response.writeHead(503).end())
  await clock.advance(3_599_000)
  t.is(used.peek(), 'Bearer token-1')
  await arrived(() => server.asked.length === 2)
  await clock.advance(1_000)
  t.is(used.peek(), undefined)
})

/** Waits for something that happens after real input and output. */
async function arrived(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}

for (const [what, expires, life] of [
  ['missing', undefined, 300],
  ['zero', 0, 300],
  ['a text', '120', 120],
  ['negative', -5, 300],
  ['nonsense', 'soon', 300],
  ['beyond all bounds', 1e12, 7 * 86_400],
] as const) {
  test(`expires_in ${what}: the token lives ${life} seconds, not for ever`, async (t) => {
    const { server, credential, clock } = await world(t)
    server.give({ token_type: 'Bearer', ...(expires === undefined ? {} : { expires_in: expires }) })
    const used = credential()
    await used.obtain()
    server.answer((response) => response.writeHead(503).end())
    await clock.advance(life * 1000 - 1)
    t.is(used.peek(), 'Bearer token-1')
    await clock.advance(1)
    t.is(used.peek(), undefined)
  })
}

test('the margin is half of a short life at most', async (t) => {
  const { server, credential, clock } = await world(t)
  server.give({ expires_in: 10 })
  const used = credential()
  await used.obtain()
  used.peek()
  await clock.advance(4_000)
  used.peek()
  t.is(server.asked.length, 1)
  await clock.advance(2_100)
  used.peek()
  await arrived(() => server.asked.length === 2)
  t.pass()
})

test('a refused token is thrown away once, then kept for half a minute whatever the upstream says', async (t) => {
  const { server, credential, clock, gateway } = await world(t)
  const used = credential()
  const first = await used.obtain()
  t.false(used.refused(first, 403))
  t.true(used.refused(first, 401))
  t.true(used.refused(first, 401), 'another one that was under way with the same token')
  t.is(used.peek(), undefined)
  const second = await used.obtain()
  t.is(second, 'Bearer token-2')
  t.false(used.refused(second, 401))
  t.is(used.peek(), second)
  t.true(used.refused(first, 401), 'a late answer to the first one')
  await clock.advance(30_000)
  t.true(used.refused(second, 401))
  t.is(await credential({}, gateway()).obtain(), second, 'it is another gateway’s to find out')
  t.is(server.asked.length, 2)
})

test('purgeOn names the answers that throw a token away', async (t) => {
  const { credential } = await world(t)
  const used = credential({ purgeOn: [403] })
  const value = await used.obtain()
  t.false(used.refused(value, 401))
  t.true(used.refused(value, 403))
})

test('after a failure the token server is left alone for negativeTtl, or as long as it asks', async (t) => {
  const { server, credential, clock } = await world(t)
  server.answer((response) => response.writeHead(429, { 'retry-after': '20' }).end('{"error":"slow_down"}'))
  const used = credential()
  const failing = () => t.throwsAsync(used.obtain(), { message: /no access to the upstream/ })
  await failing()
  await clock.advance(19_000)
  await failing()
  t.is(server.asked.length, 1)
  server.answer((response) => response.writeHead(401).end('{"error":"invalid_client"}'))
  await clock.advance(1_000)
  await failing()
  await clock.advance(4_999)
  await failing()
  t.is(server.asked.length, 2)
  server.give({})
  await clock.advance(1)
  t.is(await used.obtain(), 'Bearer token-3')
})

test('neither token nor secret nor what the server says of them reaches the log', async (t) => {
  const { server, credential, lines, clock } = await world(t)
  const used = credential()
  used.refused(await used.obtain(), 401)
  server.answer((response) =>
    response.writeHead(400).end('{"error":"the-secret-of-gate","error_description":"the-secret-of-gate"}'),
  )
  await t.throwsAsync(used.obtain())
  await clock.advance(60_000)
  t.true(lines.length >= 2)
  t.notRegex(JSON.stringify(lines), /token-1|the-secret-of-gate/)
})

test('gateways on one Redis share the token, its refreshing and its end', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const { server, credential, gateway, clock } = await world(t)
  const open = async () => {
    const store = await openRedisStore({ url: redis.url, clock, log: silentLog })
    t.teardown(() => store.close())
    return { store, credential: credential({}, gateway(store)) }
  }
  const [first, second] = [await open(), await open()]
  const value = await first.credential.obtain()
  await until(() => hasRecords(first.store)) // whoever waits for a token does not wait for the store
  t.is(await second.credential.obtain(), value)
  t.is(server.asked.length, 1)
  second.credential.refused(value, 401)
  const next = await second.credential.obtain()
  t.is(next, 'Bearer token-2')
  first.credential.refused(value, 401)
  await until(() => hasRecords(first.store))
  t.is(await first.credential.obtain(), next, 'the first gateway takes what the second has got')
  t.is(server.asked.length, 2)
})

async function hasRecords(store: Store): Promise<boolean> {
  for await (const { writes = [] } of store.export?.() ?? []) if (writes.length > 0) return true
  return false
}
