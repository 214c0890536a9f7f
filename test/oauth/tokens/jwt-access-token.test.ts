import { createHmac, sign } from 'node:crypto'
import test from 'ava'
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { dispatch } from '../../../src/oauth/dispatch.ts'
import { parseForm } from '../../../src/oauth/http.ts'
import { SIGNING_RING } from '../../../src/oauth/records/signing-key.ts'
import { createSigningKeys } from '../../../src/oauth/signing/signing-keys.ts'
import { type Store, StoreUnavailable } from '../../../src/store/store.ts'
import { ALL_FLOWS, answerOf, type BackChannel, backChannel, tokensOf } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'

const DAY = 86_400_000
const CC = { grant_type: 'client_credentials', scope: 'read' }
const settings = { accessTokenFormat: 'jwt' }

const issued = async (channel: BackChannel): Promise<string> => tokensOf(await channel.token(CC)).access

async function jwks(channel: BackChannel, method = 'GET') {
  const request = { method, headers: {}, query: parseForm(''), body: undefined, address: '' }
  return answerOf(await dispatch(request, channel.api, '/oauth/jwks', channel.services))
}

/** As a resource server checks a token that knows nothing but the published keys. */
async function checked(channel: BackChannel, token: string) {
  const keys = (await jwks(channel)).json as unknown as JSONWebKeySet
  const options = { issuer: channel.api.issuer, audience: channel.api.issuer, typ: 'at+jwt', algorithms: ['ES256'] }
  return jwtVerify(token, createLocalJWKSet(keys), { ...options, currentDate: new Date(channel.clock.now()) })
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

test('RFC 9068 §2: the token says who issued it to whom, for which API and how long', async (t) => {
  const channel = await backChannel(t, { settings })
  const { access } = await channel.redeemed()
  const { payload, protectedHeader } = await checked(channel, access)
  const now = Math.floor(channel.clock.now() / 1000)
  t.is(protectedHeader.typ, 'at+jwt')
  t.like(payload, { sub: 'ann', client_id: 'app', scope: 'read write', iat: now, exp: now + 3600 })
  t.like((await channel.post('/oauth/introspect', { token: access })).json, { active: true, jti: payload.jti ?? '' })
  const own = await checked(channel, await issued(channel))
  t.like(own.payload, { sub: 'app', client_id: 'app' })
  t.not(own.payload.jti, payload.jti)
})

test('RFC 7517: the key set is public, says what its keys are for, and holds nothing private', async (t) => {
  const channel = await backChannel(t, { settings })
  const { headers, json } = await jwks(channel)
  t.is(headers['access-control-allow-origin'], '*')
  const [key] = json['keys'] as Record<string, string>[]
  t.deepEqual(Object.keys(key ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'])
  t.like(key, { kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256' })
  t.is((await jwks(channel, 'POST')).status, 405)
})

test('a JWT that was revoked, by itself or with its family, is refused at once although its signature is good', async (t) => {
  const channel = await backChannel(t, { settings })
  const { access, refresh } = await channel.redeemed()
  t.true(await channel.alive(access))
  await channel.post('/oauth/revoke', { token: access })
  t.false(await channel.alive(access))
  await t.notThrowsAsync(checked(channel, access))
  const second = tokensOf(await channel.refresh(refresh))
  t.true(await channel.alive(second.access))
  await channel.post('/oauth/revoke', { token: second.refresh })
  t.false(await channel.alive(second.access))
  t.deepEqual((await channel.post('/oauth/introspect', { token: second.access })).json, { active: false })
})

test('keys rotate by themselves: tokens of the old key stay good, and their key published, as long as they live', async (t) => {
  const channel = await backChannel(t, { settings: { ...settings, accessTokenLifetime: '30d' } })
  const first = await issued(channel)
  await channel.clock.advance(76 * DAY)
  const old = await issued(channel)
  t.is(((await jwks(channel)).json['keys'] as unknown[]).length, 2)
  await channel.clock.advance(14 * DAY)
  const fresh = await issued(channel)
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
  t.is(kidOf(old), kidOf(first))
  t.not(kidOf(fresh), kidOf(old))
  for (const token of [old, fresh]) {
    await t.notThrowsAsync(checked(channel, token))
    t.true(await channel.alive(token))
  }
  await channel.clock.advance(30 * DAY)
  t.deepEqual((await jwks(channel)).json['keys'] as unknown[], [
    (await channel.services.signing.ring()).keys.map(({ kid, x, y }) => ({
      ...{ kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' },
    }))[0],
  ])
})

test('what a removed key has signed is dead at once, in memory as well, and a new key signs', async (t) => {
  const channel = await backChannel(t, { settings })
  const token = await issued(channel)
  t.true(await channel.alive(token))
  const [key] = (await channel.services.signing.ring()).keys
  t.true(await channel.services.signing.remove(key?.kid ?? ''))
  t.false(await channel.services.signing.remove(key?.kid ?? ''))
  t.is(channel.services.accessTokens.peek(token), undefined)
  t.false(await channel.alive(token))
  await t.throwsAsync(checked(channel, token))
  t.true(await channel.alive(await issued(channel)))
})

test('another gateway on the store checks and signs with the same keys, also with one that was made a moment ago', async (t) => {
  const channel = await backChannel(t, { settings })
  const other = createSigningKeys(channel.services)
  t.teardown(() => other.close())
  const [one, two] = await Promise.all([channel.services.signing.signer(), other.signer()])
  t.is(one.kid, two.kid)
  await other.rotate()
  const token = await issued(channel)
  t.is((await channel.services.signing.signer()).kid, (await other.signer()).kid)
  t.truthy(await other.grantOf(token))
})

test('private keys are sealed in the store, and open under the master key alone', async (t) => {
  const channel = await backChannel(t, { settings })
  await issued(channel)
  const [entry] = await channel.store.get([SIGNING_RING])
  const [record] = entry?.value.keys ?? []
  t.deepEqual(Object.keys(record ?? {}).sort(), ['activeAt', 'createdAt', 'kid', 'sealed', 'x', 'y'])
  t.is(channel.services.vault.open('another-purpose', record?.sealed ?? '', record?.kid ?? ''), undefined)
  t.is(channel.services.vault.open('signing-key', record?.sealed ?? '', 'another-kid'), undefined)
})

test('a JWT ends before the publication of its key does, whatever lifetime is set', async (t) => {
  const channel = await backChannel(t, { settings: { ...settings, accessTokenLifetime: '365d' } })
  t.is((await channel.token(CC)).json['expires_in'], 30 * 86_400)
})

test('RFC 8725: no trick with the header, the signature or the claims makes a token', async (t) => {
  const reads = { count: 0 }
  const wrap = (store: Store): Store => ({
    ...store,
    get: (keys) => {
      if (keys.some(({ kind }) => kind === 'access')) reads.count += 1
      return store.get(keys)
    },
  })
  const channel = await backChannel(t, { settings, wrap })
  const token = await issued(channel)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const published = JSON.stringify((await jwks(channel)).json)
  const hmac = (content: string) => createHmac('sha256', published).update(content).digest('base64url')
  const symmetric = `${part({ alg: 'HS256', typ: 'at+jwt', kid })}.${payload}`
  const { key } = await channel.services.signing.signer()
  const signedAs = (head: object): string => {
    const content = `${part(head)}.${payload}`
    return `${content}.${sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const tricks = [
    signedAs({ alg: 'ES256', typ: 'JWT', kid }),
    signedAs({ alg: 'ES256', kid }),
    signedAs({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['x'] }),
    `${part({ alg: 'none', typ: 'at+jwt', kid })}.${payload}.`,
    `${symmetric}.${hmac(symmetric)}`,
    `${part({ alg: 'ES256', typ: 'JWT', kid })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'at+jwt', kid, jku: 'https://evil.test/jwks' })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['x'] })}.${payload}.${signature}`,
    `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'A'.repeat(43) })}.${payload}.${signature}`,
    `${header}.${part({ ...claims, sub: 'root', exp: claims.exp + 9 })}.${signature}`,
    `${header}.${payload}.${'A'.repeat(86)}`,
    `${header}.${payload}.`,
    `${header}.${payload}`,
    `${token}.x`,
    `eyJ${'A'.repeat(1_000_000)}`,
    'eyJ..',
  ]
  for (const trick of tricks) t.is(await channel.services.accessTokens.find(trick), undefined, trick.slice(0, 80))
  t.is(reads.count, 0)
  t.true(await channel.alive(token))
})

test('a token in another spelling is another token', async (t) => {
  const channel = await backChannel(t, { settings })
  const token = await issued(channel)
  t.false(await channel.alive(`${token}=`))
  const last = token.at(-1) ?? ''
  for (const other of 'AQgw'.replace(last, '')) t.false(await channel.alive(token.slice(0, -1) + other))
})

test('a store that does not answer is "unknown", not "invalid", for JWTs as well', async (t) => {
  const state = { down: false }
  const wrap = (store: Store): Store => ({
    ...store,
    get: (keys) => (state.down ? Promise.reject(new StoreUnavailable('down')) : store.get(keys)),
  })
  const channel = await backChannel(t, { settings, wrap })
  const token = await issued(channel)
  state.down = true
  await t.throwsAsync(channel.services.accessTokens.find(token), { instanceOf: StoreUnavailable })
  await channel.clock.advance(120_000)
  t.is((await jwks(channel)).status, 503)
  t.is((await channel.token(CC)).status, 503)
})

test('schemes with opaque tokens and with JWTs live side by side: each token is known by its form', async (t) => {
  const flows = ALL_FLOWS
  const schemes = [
    issuerScheme({ name: 'plain', flows, scopes: ['read'] }),
    issuerScheme({ name: 'signed', flows, scopes: ['sign'], settings }),
  ]
  const channel = await backChannel(t, { schemes })
  const opaque = await issued(channel)
  const jwt = tokensOf(await channel.token({ ...CC, scope: 'sign' })).access
  t.regex(opaque, /^gat_/)
  t.regex(jwt, /^eyJ/)
  t.true((await channel.alive(opaque)) && (await channel.alive(jwt)))
})
