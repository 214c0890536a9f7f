import test, { type ExecutionContext } from 'ava'
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { silentLog } from '../../../src/core/log.ts'
import { createClientKeys } from '../../../src/oauth/client-auth/client-keys.ts'
import { createOutbound } from '../../../src/outbound/client.ts'
import type { OutboundResponse } from '../../../src/outbound/outbound.ts'
import { type BackChannel, backChannel, SECRET } from '../../_kit/back-channel.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const ISSUER = 'http://gateway.test/pets'

interface Signing {
  readonly claims?: JWTPayload
  readonly header?: Readonly<Record<string, string>>
  readonly with?: CryptoKey
}

/** A channel whose client `app` has a key instead of a secret. */
async function world(t: ExecutionContext, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one' }
  const client = { secrets: [], authMethod: 'private_key_jwt' as const, jwks: { keys: [jwk] } }
  const channel = await backChannel(t, { client })
  let count = 0
  const sign = ({ claims = {}, header = {}, with: key = privateKey }: Signing = {}): Promise<string> => {
    const now = Math.floor(channel.clock.now() / 1000)
    count += 1
    const all = { iss: 'app', sub: 'app', aud: ISSUER, jti: `use-${count}`, iat: now, exp: now + 60, ...claims }
    return new SignJWT(all).setProtectedHeader({ alg, kid: 'one', ...header }).sign(key)
  }
  const ask = (assertion: string, fields: Readonly<Record<string, string>> = {}) => present(channel, assertion, fields)
  return { channel, sign, ask, privateKey, publicKey, jwk, now: () => Math.floor(channel.clock.now() / 1000) }
}

const present = (channel: BackChannel, assertion: string, fields: Readonly<Record<string, string>> = {}) =>
  channel.token(
    { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: assertion, ...fields },
    '',
  )

for (const alg of ['ES256', 'ES384', 'PS256', 'RS256', 'EdDSA']) {
  test(`RFC 7523 §2.2: an assertion signed with ${alg} authenticates, once`, async (t) => {
    const { sign, ask } = await world(t, alg)
    const assertion = await sign()
    t.is((await ask(assertion)).status, 200)
    t.is((await ask(assertion)).json['error'], 'invalid_client')
  })
}

test('of 50 parallel uses of one assertion one is good', async (t) => {
  const { sign, ask } = await world(t)
  const assertion = await sign()
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask(assertion)))
  t.is(answers.filter(({ status }) => status === 200).length, 1)
})

test('RFC 10070 §4: the issuer, as a string, is the only audience', async (t) => {
  const { channel, sign, ask } = await world(t)
  const wrong = [
    `${ISSUER}/oauth/token`,
    `${ISSUER}/`,
    'http://gateway.test',
    'http://gateway.test/other',
    [ISSUER],
    [ISSUER, 'https://other.test'],
    undefined,
  ]
  for (const aud of wrong) {
    await channel.clock.advance(60_000) // who guesses must wait
    t.is((await ask(await sign({ claims: { aud } as JWTPayload }))).json['error'], 'invalid_client', String(aud))
  }
  t.is((await ask(await sign())).status, 200)
})

test('RFC 10070 §4: its type is its own, the general one or none, never that of another JWT', async (t) => {
  const { sign, ask } = await world(t)
  for (const typ of ['client-authentication+jwt', 'application/client-authentication+jwt', 'JWT'])
    t.is((await ask(await sign({ header: { typ } }))).status, 200, typ)
  for (const typ of ['at+jwt', 'dpop+jwt', 'oauth-authz-req+jwt', 'logout+jwt'])
    t.is((await ask(await sign({ header: { typ } }))).json['error'], 'invalid_client', typ)
})

test('RFC 7523 §3: issuer, subject, expiry and jti must be there and be right', async (t) => {
  const { channel, sign, ask, now } = await world(t)
  const wrong = (): readonly JWTPayload[] => [
    { iss: 'other' },
    { sub: 'other' },
    { exp: now() - 31 },
    { exp: now() + 700 },
    { nbf: now() + 60 },
    { iat: now() + 60 },
    { jti: '' },
    { jti: 'x'.repeat(257) },
    ...['iss', 'sub', 'exp', 'jti'].map((name) => ({ [name]: undefined })),
  ]
  for (const index of wrong().keys()) {
    await channel.clock.advance(60_000)
    const claims = wrong()[index] ?? {}
    const answer = await ask(await sign({ claims }))
    t.like(answer, { status: 401, json: { error: 'invalid_client' } }, JSON.stringify(claims))
  }
})

test('RFC 8725: another key, another algorithm and a key in the header prove nothing', async (t) => {
  const { sign, ask, publicKey } = await world(t)
  const other = await generateKeyPair('ES256', { extractable: true })
  const shared = new TextEncoder().encode(await exportSPKI(publicKey))
  const claims = { iss: 'app', sub: 'app', aud: ISSUER, jti: 'x' }
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await sign()).split('.')[1]}.`
  const header = { alg: 'ES256', jwk: await exportJWK(other.publicKey), kid: 'one' }
  const tricks = [
    await sign({ with: other.privateKey }),
    await new SignJWT(claims).setExpirationTime('1m').setProtectedHeader({ alg: 'HS256' }).sign(shared),
    await new SignJWT(claims).setExpirationTime('1m').setProtectedHeader(header).sign(other.privateKey),
    await sign({ header: { kid: 'two' } }),
    unsigned,
    `${await sign()}x`,
    (await sign()).replace(/.$/, '\n$&'),
    'eyJ.eyJ.x',
    'garbage',
  ]
  for (const trick of tricks) t.like(await ask(trick), { status: 401 }, trick.slice(0, 60))
})

test('the other ways are closed to a client with keys, and this one to all others', async (t) => {
  const { channel, sign, ask } = await world(t)
  t.is((await channel.token({ grant_type: 'client_credentials' })).status, 401)
  t.is((await channel.token({ grant_type: 'client_credentials', client_id: 'app' }, '')).status, 401)
  t.is((await ask(await sign(), { client_secret: SECRET })).json['error'], 'invalid_request')
  t.is((await ask(await sign(), { client_id: 'other' })).json['error'], 'invalid_request')
  t.is((await ask(await sign(), { client_id: 'app' })).status, 200)
  t.is((await ask(await sign(), { client_assertion_type: 'urn:other' })).json['error'], 'invalid_client')
  await channel.addClient({ clientId: 'plain' })
  t.is((await ask(await sign({ claims: { iss: 'plain', sub: 'plain' } }))).json['error'], 'invalid_client')
})

test('a client that is registered for one method of sending its secret may use no other', async (t) => {
  const channel = await backChannel(t, { client: { authMethod: 'client_secret_post' } })
  const form = { grant_type: 'client_credentials' }
  t.is((await channel.token(form)).status, 401)
  t.is((await channel.token({ ...form, client_id: 'app', client_secret: SECRET }, '')).status, 200)
})

test('an assertion works at the revocation and introspection endpoints as well', async (t) => {
  const { channel, sign, ask } = await world(t)
  const token = String((await ask(await sign())).json['access_token'])
  const fields = async () => ({ token, client_assertion_type: TYPE, client_assertion: await sign() })
  t.is((await channel.post('/oauth/introspect', await fields(), '')).json['active'], true)
  t.is((await channel.post('/oauth/revoke', await fields(), '')).status, 200)
  t.is((await channel.post('/oauth/introspect', await fields(), '')).json['active'], false)
})

/** A key set at a URL, and how often it was asked for. */
async function published(t: ExecutionContext) {
  const w = await world(t)
  const state = { asked: [] as string[], answer: { keys: [w.jwk] } as object, status: 200 }
  const outbound = {
    async request(request: { readonly url: string; readonly chosenBy: string }): Promise<OutboundResponse> {
      state.asked.push(`${request.chosenBy} ${request.url}`)
      return { status: state.status, headers: {}, body: JSON.stringify(state.answer), truncated: false }
    },
  }
  const clientKeys = createClientKeys({ outbound, clock: w.channel.clock })
  const { channel } = w
  Object.assign(channel.services, { clientKeys })
  const jwksUri = 'https://app.test/jwks'
  const { privateKey, publicKey } = w
  await channel.addClient({ secrets: [], authMethod: 'private_key_jwt', jwksUri })
  return { ...w, state, privateKey, publicKey }
}

test('keys at a jwks_uri are asked for like a stranger’s, and kept: not once a request', async (t) => {
  const { sign, ask, state, channel } = await published(t)
  const answers = await Promise.all([ask(await sign()), ask(await sign()), ask(await sign())])
  t.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  )
  t.deepEqual(state.asked, ['stranger https://app.test/jwks'])
  await channel.clock.advance(5 * 60_000)
  t.is((await ask(await sign())).status, 200)
  t.is(state.asked.length, 2)
})

test('a kid that nobody knows makes the set be asked for again, at most once in 30 seconds', async (t) => {
  const { sign, ask, state, channel, jwk } = await published(t)
  await ask(await sign())
  const next = await generateKeyPair('ES256', { extractable: true })
  state.answer = { keys: [jwk, { ...(await exportJWK(next.publicKey)), kid: 'two' }] }
  const rotated = async () => ask(await sign({ header: { kid: 'two' }, with: next.privateKey }))
  for (let count = 0; count < 5; count++) t.is((await rotated()).status, 401)
  t.is(state.asked.length, 1)
  await channel.clock.advance(60_000)
  t.is((await rotated()).status, 200)
  t.is(state.asked.length, 2)
})

test('a key set that cannot be had is 503, not "wrong", and is not asked for at every request', async (t) => {
  const { sign, ask, state } = await published(t)
  state.status = 500
  const answer = await ask(await sign())
  t.like(answer, { status: 503, json: { error: 'temporarily_unavailable' } })
  t.truthy(answer.headers['retry-after'])
  await ask(await sign())
  t.is(state.asked.length, 1)
})

test('while a key set cannot be had, keys that are known go on, and others are 503: nobody else decides when', async (t) => {
  const { sign, ask, state, channel } = await published(t)
  t.is((await ask(await sign())).status, 200)
  state.status = 500
  await channel.clock.advance(31_000)
  t.is((await ask(await sign({ header: { kid: 'made-up' } }))).status, 503)
  t.is(state.asked.length, 2)
  t.is((await ask(await sign())).status, 200)
  await channel.clock.advance(59 * 60_000)
  t.is((await ask(await sign())).status, 200)
  await channel.clock.advance(60_000)
  t.is((await ask(await sign())).status, 503, 'an hour without any answer')
  state.status = 200
  await channel.clock.advance(31_000)
  t.is((await ask(await sign())).status, 200)
})

test('a jwks_uri that leads to this machine or a private address is never called (CVE-2026-1180)', async (t) => {
  const { sign, ask, channel } = await world(t)
  const outbound = createOutbound({ privateTargets: 'allow', clock: channel.clock, log: silentLog })
  t.teardown(() => outbound.close())
  Object.assign(channel.services, { clientKeys: createClientKeys({ outbound, clock: channel.clock }) })
  for (const host of ['127.0.0.1:1', '169.254.169.254', '[::ffff:127.0.0.1]:1', '10.0.0.1', 'localhost:1']) {
    await channel.addClient({ secrets: [], authMethod: 'private_key_jwt', jwksUri: `https://${host}/jwks` })
    t.is((await ask(await sign())).status, 503, host)
  }
})
