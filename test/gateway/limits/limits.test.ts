import test from 'ava'
import type { SecurityScheme } from '../../../src/api/api.ts'
import type { PolicyRecord } from '../../../src/oauth/records/policy.ts'
import { policyKey } from '../../../src/oauth/records/policy.ts'
import { MARK } from '../../../src/oauth/tokens/marks.ts'
import { type ApiWish, type Plane, planeBefore } from '../../_kit/data-plane.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { issuerScheme, registeredClient } from '../../_kit/issuer-api.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

const oauth: SecurityScheme = issuerScheme()
const secured = [[{ scheme: oauth, scopes: [] }]]
const authorized = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

type Wish = NonNullable<ApiWish['operations']>

const limited = (policies: Readonly<Record<string, unknown>>): Wish => [{ security: secured, policies }]

async function policy(plane: Plane, changes: Partial<PolicyRecord>): Promise<void> {
  const value = { id: 'gold', active: true, metadata: {}, source: 'api', createdAt: 0, updatedAt: 0, ...changes }
  const key = policyKey(value.id)
  await plane.store.commit({
    partition: key.partition,
    writes: [{ op: 'put', key, value }],
    marks: [{ topic: MARK.policy, id: value.id, at: plane.clock.now() }],
  })
}

test('RFC 6585 §4: beyond the rate a client gets 429 with Retry-After, and goes on when the window has moved', async (t) => {
  const plane = await planeBefore(t, { operations: limited({ rateLimit: [{ rate: 3, per: 10_000, by: 'client' }] }) })
  const token = await plane.token()
  const call = () => fetch(`${plane.url}/pets/1`, authorized(token))
  const first = await call()
  t.is(first.headers.get('ratelimit-policy'), '"operation-10s";q=3;w=10')
  t.is(first.headers.get('ratelimit'), '"operation-10s";r=2;t=10')
  await plane.clock.advance(4000)
  await call()
  t.is((await call()).headers.get('ratelimit'), '"operation-10s";r=0;t=6')
  const refused = await call()
  t.is(refused.status, 429)
  t.is(refused.headers.get('retry-after'), '6')
  t.is(refused.headers.get('ratelimit'), '"operation-10s";r=0;t=6')
  t.like(await refused.json(), { type: 'urn:gatehouse:problem:rate_limited' })
  await plane.clock.advance(6000)
  t.is((await call()).status, 200)
  t.is((await call()).status, 429, 'the others are still in the window')
  t.is(plane.upstream.requests.length, 4)
})

test('clients are counted by who they are, not by token; users, addresses and the whole API as said', async (t) => {
  const limit = (by: string) => ({ rateLimit: [{ rate: 1, per: 60_000, by }] })
  const operations = ['client', 'user', 'ip', 'api'].map((by) => ({
    method: 'GET',
    path: `/${by}`,
    security: secured,
    policies: limit(by),
  }))
  const plane = await planeBefore(t, { operations })
  await registeredClient(plane.store, { clientId: 'other' })
  const ann = await plane.token({ subject: 'ann' })
  const annAgain = await plane.token({ subject: 'ann' })
  const bob = await plane.token({ subject: 'bob' })
  const other = await plane.token({ clientId: 'other', subject: 'ann' })
  const statuses = async (by: string) => {
    const all: number[] = []
    for (const token of [ann, annAgain, bob, other]) {
      all.push((await fetch(`${plane.url}/pets/${by}`, authorized(token))).status)
    }
    return all
  }
  t.deepEqual(await statuses('client'), [200, 429, 429, 200])
  t.deepEqual(await statuses('user'), [200, 429, 200, 200])
  t.deepEqual(await statuses('ip'), [200, 429, 429, 429])
  t.deepEqual(await statuses('api'), [200, 429, 429, 429])
})

test('addresses are counted before credentials are looked at, so that guessing is limited as well', async (t) => {
  const plane = await planeBefore(t, { operations: limited({ rateLimit: [{ rate: 2, per: 60_000, by: 'ip' }] }) })
  const statuses: number[] = []
  for (const guess of ['a', 'b', 'c']) statuses.push((await fetch(`${plane.url}/pets/1`, authorized(guess))).status)
  t.deepEqual(statuses, [401, 401, 429])
})

test('an IPv6 network counts as one address', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const rateLimit = { rate: 2, per: '1m', by: 'ip' }
  const xGateway = {
    server: { listenPath: { value: '/a/' } },
    upstream: { url: upstream.url },
    middleware: { global: { rateLimit } },
  }
  const documents = {
    'a.json': { openapi: '3.1.0', info: { title: 'A', version: '1' }, paths: {}, 'x-gateway': xGateway },
  }
  const gateway = await gatewayFor(t, { documents, settings: { trustedProxies: ['127.0.0.1'] } })
  const statuses: number[] = []
  for (const from of ['2001:db8:1:2::1', '2001:db8:1:2::2', '2001:db8:1:2:9::', '2001:db8:1:3::1', '192.0.2.1']) {
    statuses.push((await fetch(`${gateway.url}/a/x`, { headers: { 'x-forwarded-for': from } })).status)
  }
  t.deepEqual(statuses, [200, 200, 429, 200, 200])
})

test('a limit of the whole API counts its operations together, one of an operation that operation', async (t) => {
  const rateLimit = [{ rate: 2, per: 60_000, by: 'client' }]
  const own = { method: 'GET', path: '/own', security: secured, policies: { rateLimit } }
  const shared = (path: string) => ({ ...own, path, inherited: new Set(['rateLimit']) })
  const plane = await planeBefore(t, { operations: [shared('/a'), shared('/b'), own] })
  const token = await plane.token()
  const call = async (path: string) => (await fetch(`${plane.url}/pets${path}`, authorized(token))).status
  t.deepEqual([await call('/a'), await call('/b'), await call('/a')], [200, 200, 429])
  t.deepEqual([await call('/own'), await call('/own'), await call('/own')], [200, 200, 429])
})

test('a quota is used up until its period ends in UTC', async (t) => {
  const quota = [{ max: 2, per: 'day', by: 'client' }]
  const plane = await planeBefore(t, { operations: limited({ quota }) })
  const token = await plane.token({ expiresAt: plane.clock.now() + 10 * 86_400_000 })
  const call = () => fetch(`${plane.url}/pets/1`, authorized(token))
  const first = await call()
  t.regex(first.headers.get('ratelimit-policy') ?? '', /^"operation-quota-day";q=2;w=86400$/)
  t.is((await call()).status, 200)
  const refused = await call()
  t.is(refused.status, 429)
  t.like(await refused.json(), { type: 'urn:gatehouse:problem:quota_exceeded' })
  const midnight = (Math.floor(plane.clock.now() / 86_400_000) + 1) * 86_400_000
  t.is(Number(refused.headers.get('retry-after')), Math.ceil((midnight - plane.clock.now()) / 1000))
  await plane.clock.advance(midnight - plane.clock.now())
  t.is((await call()).status, 200, 'the renewal')
})

test('the limits of a policy count its clients, and a change of it holds from the next request on', async (t) => {
  const plane = await planeBefore(t, { operations: limited({}) })
  await registeredClient(plane.store, { clientId: 'rich', policies: ['gold'] })
  await policy(plane, {
    rateLimits: [{ rate: 2, per: 60_000, by: 'client' }],
    quotas: [{ max: 50, per: 'month', by: 'client' }],
  })
  const tokens = [await plane.token({ clientId: 'rich' }), await plane.token({ clientId: 'rich', subject: 'ann' })]
  const call = (at: number) => fetch(`${plane.url}/pets/1`, authorized(tokens[at % 2] ?? ''))
  const first = await call(0)
  t.regex(first.headers.get('ratelimit-policy') ?? '', /^"gold-1m";q=2;w=60, "gold-quota-month";q=50;w=\d+$/)
  t.regex(first.headers.get('ratelimit') ?? '', /^"gold-1m";r=1;t=60, "gold-quota-month";r=49;t=\d+$/)
  t.deepEqual([(await call(1)).status, (await call(2)).status], [200, 429])
  await policy(plane, { rateLimits: [{ rate: 3, per: 60_000, by: 'client' }] })
  t.deepEqual([(await call(0)).status, (await call(1)).status], [200, 429], 'what was counted stays counted')
  await policy(plane, {})
  t.is((await call(0)).headers.get('ratelimit'), null)
  t.is((await fetch(`${plane.url}/pets/1`, authorized(await plane.token()))).status, 200, 'others have no policy')
})

test('a store that does not answer where it has to be asked is a 503, not a free pass', async (t) => {
  const plane = await planeBefore(t, { operations: limited({ quota: [{ max: 2, per: 'day', by: 'client' }] }) })
  const token = await plane.token()
  t.is((await fetch(`${plane.url}/pets/1`, authorized(token))).status, 200)
  await plane.clock.advance(86_400_000 - (plane.clock.now() % 86_400_000))
  await plane.store.close()
  t.is((await fetch(`${plane.url}/pets/1`, authorized(token))).status, 503)
})

test('of limits that count the same requests in the same time, the smallest holds, and each request counts once', async (t) => {
  const minute = { per: 60_000, by: 'client' } as const
  const month = { per: 'month', by: 'client' } as const
  const rateLimit = [
    { ...minute, rate: 10 },
    { ...minute, rate: 6 },
    { rate: 9, per: 1000, by: 'client' },
  ]
  const operations = [
    { method: 'GET', path: '/rated', security: secured, policies: { rateLimit } },
    {
      method: 'GET',
      path: '/address',
      security: [],
      policies: { rateLimit: rateLimit.map((one) => ({ ...one, by: 'ip' })) },
    },
    {
      method: 'GET',
      path: '/bought',
      security: secured,
      policies: {
        quota: [
          { ...month, max: 6 },
          { ...month, max: 6 },
        ],
      },
    },
    { method: 'GET', path: '/free', security: secured },
  ]
  const plane = await planeBefore(t, { limitsPath: '/oauth/limits', operations })
  await registeredClient(plane.store, { clientId: 'rich', policies: ['gold'] })
  await policy(plane, {
    rateLimits: [
      { ...minute, rate: 10 },
      { ...minute, rate: 6 },
    ],
    quotas: [
      { ...month, max: 6 },
      { ...month, max: 60 },
    ],
  })
  const [poor, rich] = [await plane.token(), await plane.token({ clientId: 'rich' })]
  const call = (path: string, token: string) => fetch(`${plane.url}/pets${path}`, authorized(token))
  const passing = async (path: string, token: string) => {
    let passed = 0
    for (let at = 0; at < 8; at++) if ((await call(path, token)).status === 200) passed++
    return passed
  }
  t.is(await passing('/rated', poor), 6, 'rate limits of a document')
  t.is(await passing('/address', poor), 6, 'by address')
  t.is(await passing('/bought', poor), 6, 'quotas of a document')
  t.is(await passing('/free', rich), 6, 'those of a policy')
  const told = (await (await call('/oauth/limits', rich)).json()) as Readonly<Record<string, readonly object[]>>
  const names = (list: string) => told[list]?.map((one) => Object.values(one).slice(0, 1).join()).sort()
  t.deepEqual(names('rate_limits'), ['gold-1m', 'operation-1m', 'operation-1s', 'operation-ip-1m', 'operation-ip-1s'])
  t.deepEqual(names('quotas'), ['gold-quota-month', 'operation-quota-month'])
})
