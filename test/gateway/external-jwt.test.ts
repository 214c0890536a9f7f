import { createSecretKey, generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { UnsecuredJWT } from 'jose'
import type { ExternalScheme, TokenIssuer } from '../../src/api/api.ts'
import { openIdConnectSchemeSettings } from '../../src/api/settings/external-tokens.ts'
import { gatewayApi, type Plane, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { startJwtIssuer } from '../_kit/jwt-issuer.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

type Json = Readonly<Record<string, unknown>>

/** A scheme as the compiler would make it. */
function externalScheme(issuers: readonly TokenIssuer[], jwt: Json = {}, claims: Json = {}): ExternalScheme {
  const parsed = openIdConnectSchemeSettings.parse({ enabled: true, jwt: { audience: 'orders', ...jwt }, claims })
  if (!parsed.jwt) throw new Error('there are settings')
  const sources = { header: { enabled: true, name: 'Authorization' } }
  return { kind: 'external', name: 'login', sources, claims: parsed.claims, jwt: { ...parsed.jwt, issuers } }
}

async function world(t: ExecutionContext, jwt: Json = {}, claims: Json = {}) {
  let plane: Plane | undefined
  const clock = () => plane?.clock.now() ?? Date.now()
  const first = await forTest(t, startJwtIssuer(clock))
  const second = await forTest(t, startJwtIssuer(clock))
  const upstream = await forTest(t, startUpstream())
  const scheme = externalScheme([first, second], jwt, claims)
  const own = issuerScheme()
  const api = gatewayApi(upstream.url, {
    schemes: [scheme, own],
    operations: [
      { method: 'GET', path: '/x', security: [[{ scheme, scopes: ['read'] }]] },
      { method: 'GET', path: '/either', security: [[{ scheme, scopes: [] }], [{ scheme: own, scopes: [] }]] },
      { method: 'GET', path: '/open', security: [] },
    ],
  })
  plane = await startPlane(t, [api])
  const { url } = plane
  const get = (token: string, path = 'x', headers: Record<string, string> = {}) =>
    fetch(`${url}/pets/${path}`, { headers: { ...headers, authorization: `Bearer ${token}` } })
  const status = async (token: string, path?: string) => (await get(token, path)).status
  return { ...plane, first, second, upstream, get, status }
}

test('a good token tells the upstream the user, the client and the scope', async (t) => {
  const { first, get, upstream } = await world(t)
  t.is((await get(await first.sign({ scope: 'read write' }))).status, 200)
  t.like(upstream.last().headers, {
    'x-authenticated-userid': 'ann',
    'x-credential-identifier': 'app',
    'x-authenticated-scope': 'read write',
  })
})

test('several issuers: each is believed for its own keys only', async (t) => {
  const { first, second, status } = await world(t)
  t.is(await status(await first.sign()), 200)
  t.is(await status(await second.sign()), 200)
  t.is(await status(await first.sign({ iss: second.issuer })), 401)
  t.is(await status(await first.sign({ iss: 'https://nobody.example' })), 401)
  t.is(await status(await first.sign({ iss: `${first.issuer}/` })), 401, 'character for character')
})

test('RFC 8725 §3.1: algorithms are pinned; neither none nor a secret made of the public key gets in', async (t) => {
  const { first, status, clock } = await world(t)
  const claims = { iss: first.issuer, aud: 'orders', exp: Math.floor(clock.now() / 1000) + 300 }
  t.is(await status(new UnsecuredJWT(claims).encode()), 401)
  const pem = first.publicKey().export({ format: 'pem', type: 'spki' })
  t.is(await status(await first.sign({}, { alg: 'HS256' }, createSecretKey(Buffer.from(pem)))), 401)
  const other = await world(t, { algorithms: ['RS256'] })
  t.is(await other.status(await other.first.sign()), 401)
})

for (const [what, claims, header] of [
  ['for another audience', { aud: 'invoices' }, {}],
  ['without an audience', { aud: undefined }, {}],
  ['without an end', { exp: undefined }, {}],
  ['that is bound to a key', { cnf: { jkt: 'x' } }, {}],
  ['for another purpose', {}, { typ: 'logout+jwt' }],
  ['with a critical header that is not understood', {}, { crit: ['x'], x: 1 }],
] as const) {
  test(`a token ${what} is refused`, async (t) => {
    const { first, status } = await world(t)
    t.is(await status(await first.sign(claims as never, header).catch(() => 'a.b.c')), 401)
  })
}

test('clock leeway: a token lives half a minute longer, and may come half a minute early', async (t) => {
  const { first, status, clock } = await world(t)
  const now = Math.floor(clock.now() / 1000)
  t.is(await status(await first.sign({ exp: now - 28 })), 200)
  t.is(await status(await first.sign({ exp: now - 32 })), 401)
  t.is(await status(await first.sign({ nbf: now + 28 })), 200)
  t.is(await status(await first.sign({ nbf: now + 35 })), 401)
  const short = await first.sign({ exp: now + 10 })
  t.is(await status(short), 200)
  await clock.advance(41_000)
  t.is(await status(short), 401, 'what is remembered ends as well')
})

test('keys are rotated: a token with an unknown key has the set fetched anew, made-up ones not more than twice a minute', async (t) => {
  const { first, status, clock } = await world(t)
  const old = await first.sign()
  t.is(await status(old), 200)
  const oldKey = first.rotate()
  await clock.advance(30_000)
  t.is(await status(await first.sign()), 200)
  t.is(first.server.requests.length, 2)
  for (let count = 0; count < 20; count++) t.is(await status(await first.sign({}, { kid: `made-up-${count}` })), 401)
  t.is(first.server.requests.length, 2)
  await clock.advance(60_000)
  t.is(await status(await first.sign({}, { kid: 'key-0' }, oldKey)), 401, 'the old key is no longer believed')
  t.is(await status(old), 401)
})

test('many tokens at once fetch the keys once', async (t) => {
  const { first, status } = await world(t)
  const tokens = await Promise.all(Array.from({ length: 30 }, (_, index) => first.sign({ sub: `user-${index}` })))
  const answers = await Promise.all(tokens.map((token) => status(token)))
  t.deepEqual([...new Set(answers)], [200])
  t.is(first.server.requests.length, 1)
})

test('while the key server is away, known keys go on; where none are known the answer is 503, not 401', async (t) => {
  const { first, second, status, get, clock } = await world(t)
  t.is(await status(await first.sign()), 200)
  for (const { server } of [first, second]) server.answer({ status: 500, body: 'down' })
  await clock.advance(700_000)
  t.is(await status(await first.sign()), 200)
  const answer = await get(await second.sign())
  t.is(answer.status, 503)
  t.is(answer.headers.get('retry-after'), '1')
  await get(await second.sign({ sub: 'other' }))
  t.is(second.server.requests.length, 1, 'a failure is remembered for a moment')
})

test('an issuer whose very name cannot be had is in nobody else’s way', async (t) => {
  const issuer = await forTest(
    t,
    startJwtIssuer(() => Date.now()),
  )
  const upstream = await forTest(t, startUpstream())
  const scheme = externalScheme([{ metadataUrl: 'http://127.0.0.1:1/.well-known/openid-configuration' }, issuer])
  const operations = [{ security: [[{ scheme, scopes: [] }]] }]
  const { url } = await startPlane(t, [gatewayApi(upstream.url, { schemes: [scheme], operations })])
  const status = async (token: string) =>
    (await fetch(`${url}/pets/x`, { headers: { authorization: `Bearer ${token}` } })).status
  t.is(await status(await issuer.sign()), 200)
  t.is(await status(await issuer.sign({ iss: 'https://perhaps.example' })), 503, 'it may be the one that is away')
})

test('one of two schemes is enough, and a token of the gateway’s own is nobody else’s business', async (t) => {
  const { first, status, token } = await world(t)
  t.is(await status(await first.sign(), 'either'), 200)
  t.is(await status(await token(), 'either'), 200)
  t.is(await status('nonsense', 'either'), 401)
})

test('claims become headers, which nobody else can send, on public operations neither', async (t) => {
  const headers = {
    'X-User-Email': 'email',
    'X-Org': 'org.id',
    'X-Roles': 'https://ns.example/roles',
    'X-None': 'nothing',
  }
  const { first, get, url, upstream } = await world(t, {}, { headers })
  const claims = { email: 'ann@exämple.org\r\nX: 1', org: { id: 7 }, 'https://ns.example/roles': ['a', 'b'] }
  const forged = { 'x-user-email': 'admin', 'X-None': 'admin', x_org: '1' }
  t.is((await get(await first.sign(claims), 'x', forged)).status, 200)
  const seen = upstream.last().headers
  t.is(decodeURIComponent(String(seen['x-user-email'])), claims.email)
  t.is(seen['x-org'], '7')
  t.is(seen['x-roles'], 'a,b')
  t.is(seen['x-none'], undefined)
  t.is(seen['x_org'], undefined)
  await fetch(`${url}/pets/open`, { headers: forged })
  t.is(upstream.last().headers['x-user-email'], undefined)
})

test('the claims that name client, user and scopes are the document’s to choose', async (t) => {
  const { first, get, upstream } = await world(t, {}, { subject: 'oid', client: 'appid', scope: ['scp', 'roles'] })
  const claims = { oid: 'u-1', appid: 'c-1', scp: 'read', roles: ['admin'], scope: 'ignored' }
  t.is((await get(await first.sign(claims))).status, 200)
  t.like(upstream.last().headers, {
    'x-authenticated-userid': 'u-1',
    'x-credential-identifier': 'c-1',
    'x-authenticated-scope': 'read admin',
  })
})

test('a token that names no key is tried with every key that fits', async (t) => {
  const { first, status } = await world(t)
  const named = first.rotate()
  const keys = [named, first.publicKey()].map((key, index) => {
    const { d: _, ...jwk } = key.export({ format: 'jwk' })
    return { ...jwk, kid: `k${index}` }
  })
  first.server.answer({ body: JSON.stringify({ keys }) })
  t.is(await status(await first.sign({}, { kid: undefined })), 200)
  t.is(await status(await first.sign({ sub: 'bob' }, { kid: undefined }, named)), 200)
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  t.is(await status(await first.sign({ sub: 'eve' }, { kid: undefined }, stranger)), 401)
})

test('garbage of any kind is 401', async (t) => {
  const { status } = await world(t)
  for (const token of ['a.b.c', '...', 'e30.e30.e30', 'x'.repeat(17_000), `${'a'.repeat(9000)}.e30.x`]) {
    t.is(await status(token), 401, token.slice(0, 20))
  }
})

test('RFC 7517 §5: keys that nobody could use spoil neither the others of the set nor the answer', async (t) => {
  const { first, status } = await world(t)
  const good = { ...first.publicKey().export({ format: 'jwk' }), kid: 'good' }
  const noPoint = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'no-point' }
  first.server.answer({ body: JSON.stringify({ keys: [null, 5, { kty: 'unheard-of' }, noPoint, good] }) })
  t.is(await status(await first.sign({}, { kid: 'good' })), 200)
  t.is(await status(await first.sign({}, { kid: undefined })), 200)
  t.is(await status(await first.sign({}, { kid: 'no-point' })), 401)
})
