import test from 'ava'
import { policyKey } from '../../../src/oauth/records/policy.ts'
import { handClock } from '../../_kit/clock.ts'
import { type ApiWish, gatewayApi, planeBefore } from '../../_kit/data-plane.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { issuerScheme, registeredClient } from '../../_kit/issuer-api.ts'

const secured = [[{ scheme: issuerScheme(), scopes: [] }]]

test('a client sees its limits and what is left of them, and looking costs nothing', async (t) => {
  const rateLimit = [{ rate: 5, per: 1000, by: 'ip' }]
  const quota = [{ max: 100, per: 'month', by: 'client' }]
  const wish: ApiWish = {
    limitsPath: '/oauth/limits',
    operations: [
      { security: secured, policies: { quota }, inherited: new Set(['quota']) },
      { method: 'GET', path: '/a', security: secured, policies: { quota }, inherited: new Set(['quota']) },
      { method: 'POST', path: '/a', security: secured, policies: { rateLimit } },
    ],
  }
  const midMonth = handClock(Date.UTC(2026, 5, 15))
  const plane = await planeBefore(t, wish, { clock: midMonth })
  await registeredClient(plane.store, { clientId: 'rich', policies: ['gold'] })
  const value = { id: 'gold', active: true, metadata: {}, rateLimits: [{ rate: 60, per: 60_000, by: 'client' }] }
  await plane.store.commit({
    partition: policyKey('gold').partition,
    writes: [{ op: 'put', key: policyKey('gold'), value }],
  })
  const authorization = `Bearer ${await plane.token({ clientId: 'rich', subject: 'ann' })}`
  const get = (path: string, init: RequestInit = {}) =>
    fetch(`${plane.url}/pets${path}`, { headers: { authorization }, ...init })
  await get('/a')
  await plane.clock.advance(10_000)
  for (let look = 0; look < 3; look++) {
    const answer = await get('/oauth/limits')
    t.is(answer.status, 200)
    t.is(answer.headers.get('cache-control'), 'no-store')
    const body = (await answer.json()) as { quotas: readonly { renews_at: string }[] }
    const renewsAt = body.quotas[0]?.renews_at ?? ''
    t.regex(renewsAt, /^\d{4}-\d\d-01T00:00:00\.000Z$/)
    t.deepEqual(body as unknown, {
      client_id: 'rich',
      user: 'ann',
      policies: ['gold'],
      rate_limits: [
        { name: 'gold-1m', by: 'client', per: '1m', limit: 60, remaining: 59, resets_in: 50 },
        { name: 'operation-ip-1s', operation: 'POST /a', by: 'ip', per: '1s', limit: 5, remaining: 5, resets_in: 0 },
      ],
      quotas: [{ name: 'api-quota-month', by: 'client', per: 'month', limit: 100, remaining: 99, renews_at: renewsAt }],
    })
  }
  t.is((await get('/oauth/limits', { method: 'POST' })).status, 405)
  t.is((await fetch(`${plane.url}/pets/oauth/limits`)).status, 401)
  t.is(plane.upstream.requests.length, 1, 'nothing of it goes upstream')
  t.is((await get('/oauth/limits/')).status, 200, 'with a trailing slash')
})

test('where the document has something of its own in that place, that is served', async (t) => {
  const plane = await planeBefore(t, { operations: [{ security: [] }] })
  t.is((await fetch(`${plane.url}/pets/oauth/limits`)).status, 200)
  t.is(plane.upstream.last().path, '/oauth/limits')
  t.is(gatewayApi('http://a.test').limitsPath, undefined)
})

test('the endpoint is there for every API with credentials, unless its document declares that path', async (t) => {
  const document = (path: string, paths: object) => ({
    openapi: '3.0.3',
    info: { title: path, version: '1' },
    security: [{ token: [] }],
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    'x-gateway': {
      server: {
        listenPath: { value: `/${path}/` },
        authentication: { enabled: true, securitySchemes: { token: { enabled: true } } },
      },
      upstream: { url: 'http://127.0.0.1:9' },
    },
  })
  const own = { '/oauth/limits': { get: { security: [], responses: { 200: { description: 'Own' } } } } }
  const gateway = await gatewayFor(t, {
    documents: { 'a.json': document('a', {}), 'b.json': document('b', own) },
  })
  t.is((await fetch(`${gateway.url}/a/oauth/limits`)).status, 401)
  t.is((await fetch(`${gateway.url}/b/oauth/limits`)).status, 502, 'forwarded')
})

test('what holds for addresses holds there too: credentials can be tried there as anywhere else', async (t) => {
  const document = (global: object) => ({
    openapi: '3.0.3',
    info: { title: 'Pets', version: '1' },
    paths: { '/x': { get: { responses: {} } } },
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    security: [{ basic: [] }],
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: { enabled: true, securitySchemes: { basic: { enabled: true } } },
      },
      upstream: { url: 'http://127.0.0.1:9' },
      middleware: { global },
    },
  })
  const limited = await gatewayFor(t, {
    documents: { 'pets.json': document({ rateLimit: { rate: 2, per: '1h', by: 'ip' } }) },
  })
  const ask = async (url: string, path: string) =>
    (await fetch(`${url}/pets${path}`, { headers: { authorization: `Basic ${btoa('ann:wrong')}` } })).status
  t.deepEqual(
    [await ask(limited.url, '/oauth/limits'), await ask(limited.url, '/x'), await ask(limited.url, '/oauth/limits')],
    [401, 401, 429],
  )
  const closed = await gatewayFor(t, { documents: { 'pets.json': document({ ipAccess: { block: ['127.0.0.1'] } }) } })
  t.deepEqual([await ask(closed.url, '/x'), await ask(closed.url, '/oauth/limits')], [403, 403])
})
