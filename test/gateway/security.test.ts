import test, { type ExecutionContext } from 'ava'
import type { Security, SecurityScheme } from '../../src/api/api.ts'
import { Secret } from '../../src/core/secret.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const oauth = issuerScheme()
const second = issuerScheme({ name: 'second' })
const bearer: SecurityScheme = { kind: 'bearer', name: 'bearer', sources: {} }
const basic: SecurityScheme = { kind: 'basic', name: 'basic' }
const key: SecurityScheme = {
  kind: 'apiKey',
  name: 'key',
  in: 'header',
  key: 'X-Key',
  settings: { enabled: true, keys: [{ consumer: 'partner', key: new Secret('k-1') }] },
}
const external: SecurityScheme = { kind: 'unsupported', name: 'saml', reason: 'not known here' }

const needs = (scheme: SecurityScheme, ...scopes: string[]) => ({ scheme, scopes })

/** One operation for each requirement, at `/0`, `/1` and so on. */
async function secured(
  t: ExecutionContext,
  requirements: readonly Security[],
  wish: Parameters<typeof planeBefore>[1] = {},
) {
  const operations = requirements.map((security, index) => ({ method: 'GET', path: `/${index}`, security }))
  const plane = await planeBefore(t, { operations, schemes: [oauth, second, bearer, basic, key, external], ...wish })
  const call = (index: number, headers: Readonly<Record<string, string>> = {}) =>
    fetch(`${plane.url}/pets/${index}`, { headers })
  return { ...plane, call }
}

const authorized = (token: string) => ({ authorization: `Bearer ${token}` })
const METADATA = 'resource_metadata="http://gateway.test/.well-known/oauth-protected-resource/pets"'
const REALM = 'realm="Pets & more"'
const PARTNER = { 'x-key': 'k-1' }
const ANN = { authorization: `Basic ${Buffer.from('ann:correct: horse').toString('base64')}` }

test('OAS security: an empty list is public, an empty requirement is optional, anything else needs credentials', async (t) => {
  const { call } = await secured(t, [[], [[]], [[needs(oauth)], []], [[needs(oauth)]]])
  t.deepEqual(await Promise.all([0, 1, 2, 3].map(async (index) => (await call(index)).status)), [200, 200, 200, 401])
})

test('optional credentials identify when they are good, and are refused when they are not', async (t) => {
  const { call, token, upstream } = await secured(t, [[[], [needs(oauth, 'write')]]])
  t.is((await call(0, authorized(await token({ subject: 'ann' })))).status, 200)
  t.is(upstream.last().headers['x-authenticated-userid'], 'ann', 'whatever its scope: nothing is asked for')
  t.is((await call(0, authorized('garbage'))).status, 401)
  t.is((await call(0)).status, 200)
  t.is(upstream.last().headers['x-authenticated-userid'], undefined)
})

test('OAS security: any one alternative will do, and of it every scheme', async (t) => {
  const { call, token, upstream } = await secured(t, [
    [[needs(oauth)], [needs(key)]],
    [[needs(oauth), needs(key)]],
    [[needs(oauth), needs(basic)], [needs(key)]],
  ])
  const good = authorized(await token({ subject: 'ann' }))
  t.is((await call(0, good)).status, 200)
  t.is((await call(0, PARTNER)).status, 200)
  t.is(upstream.last().headers['x-consumer-username'], 'partner')
  t.is((await call(0, { ...authorized('garbage'), ...PARTNER })).status, 200, 'the other alternative is satisfied')
  t.is((await call(1, good)).status, 401)
  t.is((await call(1, PARTNER)).status, 401)
  t.is((await call(1, { ...good, ...PARTNER })).status, 200)
  t.is(upstream.last().headers['x-authenticated-userid'], 'ann')
  t.is(upstream.last().headers['x-consumer-username'], 'partner')
  t.is((await call(2, good)).status, 401)
  t.is((await call(2, PARTNER)).status, 200)
})

test('one bearer token satisfies two schemes of one requirement', async (t) => {
  const { call, token } = await secured(t, [[[needs(oauth, 'read'), needs(second, 'write'), needs(bearer)]]])
  t.is((await call(0, authorized(await token({ scope: ['read', 'write'] })))).status, 200)
  t.is((await call(0, authorized(await token({ scope: ['read'] })))).status, 403)
})

test('RFC 6750 §3.1: nothing presented is challenged without an error, by every scheme', async (t) => {
  const { call } = await secured(t, [[[needs(oauth, 'read', 'write')], [needs(key)], [needs(basic)], [needs(second)]]])
  const answer = await call(0)
  t.is(answer.status, 401)
  t.is(
    answer.headers.get('www-authenticate'),
    [
      `Bearer ${REALM}, ${METADATA}, scope="read write"`,
      `ApiKey ${REALM}, in="header", name="X-Key"`,
      `Basic ${REALM}, charset="UTF-8"`,
      `Bearer ${REALM}, ${METADATA}`,
    ].join(', '),
  )
  const problem = (await answer.json()) as Record<string, unknown>
  t.like(problem, { type: 'urn:gatehouse:problem:missing_credentials', status: 401 })
  t.is(answer.headers.get('cache-control'), 'no-store')
})

test('RFC 6750 §3.1: garbage, an expired, a revoked and a foreign token are all invalid_token', async (t) => {
  const { call, token, clock } = await secured(t, [[[needs(oauth, 'read')]]])
  const expired = await token({ expiresAt: clock.now() + 1000 })
  t.is((await call(0, authorized(expired))).status, 200)
  await clock.advance(1000)
  const bad = [expired, 'garbage', await token({ api: 'other' }), `${expired}x`, 'a b', 'a,b']
  for (const one of bad) {
    const answer = await call(0, authorized(one))
    t.is(answer.status, 401, one)
    const challenge = answer.headers.get('www-authenticate') ?? ''
    t.true(challenge.startsWith(`Bearer ${REALM}, ${METADATA}, error="invalid_token", error_description="`), challenge)
    t.true(challenge.endsWith(', scope="read"'))
    t.like(await answer.json(), { type: 'urn:gatehouse:problem:invalid_token' })
  }
})

test('RFC 6750 §3.1: too little scope is 403 insufficient_scope and names all scopes needed', async (t) => {
  const { call, token, upstream } = await secured(t, [[[needs(oauth, 'read', 'write', 'admin')]]])
  const answer = await call(0, authorized(await token({ scope: ['read', 'other'] })))
  t.is(answer.status, 403)
  const challenge = answer.headers.get('www-authenticate') ?? ''
  t.regex(challenge, /error="insufficient_scope"/)
  t.regex(challenge, /, scope="read write admin"$/)
  t.is(upstream.requests.length, 0)
  t.is((await call(0, authorized(await token({ scope: ['admin', 'write', 'read'] })))).status, 200)
})

test('Bearer is read in any case, other schemes are not its own, and a bare token is garbage', async (t) => {
  const { call, token } = await secured(t, [[[needs(oauth)]]])
  const good = await token()
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR', 'Bearer  ']) {
    t.is((await call(0, { authorization: `${scheme} ${good}` })).status, 200, scheme)
  }
  const errorOf = async (authorization: string) =>
    ((await (await call(0, { authorization })).json()) as { type: string }).type.split(':').at(-1)
  t.is(await errorOf(good), 'invalid_token')
  t.is(await errorOf(`Token ${good}`), 'missing_credentials')
  t.is(await errorOf(`Basic ${good}`), 'missing_credentials')
  t.is(await errorOf('Bearer'), 'missing_credentials')
  t.is(await errorOf(`Bearer\t${good}`), 'invalid_token')
})

test('globalCredentials: a token of another API is good only when both schemes have it on now', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const api = (id: string, global: boolean) => {
    const scheme = issuerScheme({ settings: { globalCredentials: global } })
    const security = [[needs(scheme)]]
    return gatewayApi(upstream.url, { id, listenPath: `/${id}`, schemes: [scheme], operations: [{ security }] })
  }
  const { url, token, publish } = await startPlane(t, [api('pets', true), api('shop', true), api('bank', false)])
  const headers = authorized(await token())
  const statusOf = async (id: string) => (await fetch(`${url}/${id}/x`, { headers })).status
  t.deepEqual(await Promise.all(['pets', 'shop', 'bank'].map(statusOf)), [200, 200, 401])
  publish([api('pets', false), api('shop', true), api('bank', true)])
  t.deepEqual(await Promise.all(['pets', 'shop', 'bank'].map(statusOf)), [200, 401, 401])
  publish([api('shop', true)])
  t.is(await statusOf('shop'), 401, 'the issuing API is gone')
})

test('bearer: a token of any API is good where its client has access', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const api = (id: string) =>
    gatewayApi(upstream.url, {
      id,
      listenPath: `/${id}`,
      schemes: [bearer],
      operations: [{ security: [[needs(bearer)]] }],
    })
  const { url, token, store } = await startPlane(t, [api('pets'), api('shop'), api('bank')])
  const { registeredClient } = await import('../_kit/issuer-api.ts')
  await registeredClient(store, { clientId: 'wide', apis: ['pets', 'shop'] })
  const headers = authorized(await token({ clientId: 'wide' }))
  const statusOf = async (id: string) => (await fetch(`${url}/${id}/x`, { headers })).status
  t.deepEqual(await Promise.all(['pets', 'shop', 'bank'].map(statusOf)), [200, 200, 401])
})

test('apiKey: only a declared key, from where it is declared, once', async (t) => {
  const query: SecurityScheme = { ...key, name: 'q', in: 'query', key: 'api key' }
  const cookie: SecurityScheme = { ...key, name: 'c', in: 'cookie', key: 'sid' }
  const { call, url } = await secured(t, [[[needs(key)]], [[needs(query)]], [[needs(cookie)]]])
  t.is((await call(0, PARTNER)).status, 200)
  t.is((await call(0, { 'x-key': 'k-2' })).status, 401)
  t.is((await call(0, { 'x-key': '' })).status, 401)
  t.is((await call(0, { 'x-key': 'constructor' })).status, 401)
  t.is((await fetch(`${url}/pets/1?api%20key=k-1`)).status, 200)
  t.is((await fetch(`${url}/pets/1?api+key=k%2D1`)).status, 200)
  t.is((await fetch(`${url}/pets/1?api+key=k-1&api+key=k-1`)).status, 400)
  t.is((await fetch(`${url}/pets/1?key=k-1`)).status, 401)
  t.is((await call(2, { cookie: 'a=b; sid=k-1' })).status, 200)
  t.is((await call(2, { cookie: 'a=b; sid="k-1"' })).status, 200)
  t.is((await call(2, { cookie: 'xsid=k-1' })).status, 401)
})

test('RFC 7617: basic asks the registered users, and a password may contain colons', async (t) => {
  const { call, upstream } = await secured(t, [[[needs(basic)]]])
  t.is((await call(0, ANN)).status, 200)
  t.is(upstream.last().headers['x-authenticated-userid'], 'ann')
  const encoded = (text: string) => ({ authorization: `basic ${Buffer.from(text).toString('base64')}` })
  for (const wrong of [encoded('ann:wrong'), encoded('ann'), encoded(':x'), { authorization: 'Basic ????' }]) {
    const answer = await call(0, wrong)
    t.is(answer.status, 401)
    t.is(answer.headers.get('www-authenticate'), `Basic ${REALM}, charset="UTF-8"`)
  }
})

test('a scheme that cannot be checked fails closed: 501, unless another alternative is there', async (t) => {
  const { call } = await secured(t, [
    [[needs(external)]],
    [[needs(external)], [needs(key)]],
    [[needs(external), needs(key)]],
  ])
  t.is((await call(0)).status, 501)
  t.is((await call(1)).status, 401)
  t.is((await call(1, PARTNER)).status, 200)
  t.is((await call(2, PARTNER)).status, 501)
})

test('anonymous: missing and bad credentials go on as the consumer, too little scope does not', async (t) => {
  const { call, token, upstream } = await secured(t, [[[needs(oauth, 'write')]], [[needs(external)]]], {
    authentication: { enabled: true, strip: false, anonymous: 'guest' },
  })
  for (const headers of [{}, authorized('garbage')]) {
    t.is((await call(0, headers)).status, 200)
    const seen = upstream.last().headers
    t.is(seen['x-anonymous-consumer'], 'true')
    t.is(seen['x-consumer-username'], 'guest')
    t.is(seen['x-credential-identifier'], undefined)
  }
  t.is((await call(0, authorized(await token({ scope: ['write'] })))).status, 200)
  t.is(upstream.last().headers['x-anonymous-consumer'], undefined)
  t.is((await call(0, authorized(await token({ scope: ['read'] })))).status, 403)
  t.is((await call(1)).status, 501)
})

test('a store that does not answer is a 503 with Retry-After, never "invalid", and leaves other alternatives alone', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const api = gatewayApi(upstream.url, {
    authentication: { enabled: true, strip: false, anonymous: 'guest' },
    operations: [{ security: [[needs(oauth)], [needs(key)]] }],
  })
  const { url } = await startPlane(t, [api], {
    deps: {
      tokens: {
        peek: () => undefined,
        find: () => Promise.reject(new StoreUnavailable('down')),
        close() {},
      },
    },
  })
  const answer = await fetch(`${url}/pets/x`, { headers: authorized('x') })
  t.is(answer.status, 503)
  t.is(answer.headers.get('retry-after'), '1')
  t.is(answer.headers.get('www-authenticate'), null)
  t.is((await fetch(`${url}/pets/x`, { headers: { ...authorized('x'), ...PARTNER } })).status, 200)
})

test('what is known of a token is decided without waiting', async (t) => {
  const { url, token, upstream, store } = await secured(t, [[[needs(oauth)]]])
  const headers = authorized(await token())
  t.is((await fetch(`${url}/pets/0`, { headers })).status, 200)
  await store.close() // nobody can be asked any more
  t.is((await fetch(`${url}/pets/0`, { headers })).status, 200)
  t.is(upstream.requests.length, 2)
})
