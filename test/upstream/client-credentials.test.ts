import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import test from 'ava'
import { jwtVerify } from 'jose'
import { clientCredentialsSettings } from '../../src/api/settings/client-credentials.ts'
import type { Problem } from '../../src/core/problem.ts'
import { credentialsWorld as world } from '../_kit/upstream-credentials.ts'

const lastForm = (asked: readonly { readonly form: URLSearchParams }[]): Readonly<Record<string, string>> =>
  Object.fromEntries(asked.at(-1)?.form ?? [])

test('pitfall 1: without scopes the request carries no scope, not an empty one', async (t) => {
  const { server, credential } = await world(t)
  t.is(await credential().obtain(), 'Bearer token-1')
  t.deepEqual(lastForm(server.asked), { grant_type: 'client_credentials' })
})

test('pitfall 2: params may say everything but the credentials, the scope and the grant type included', async (t) => {
  const { server, credential } = await world(t)
  const params = { scope: 'mine', audience: ['a', 'b'], grant_type: 'urn:special' }
  await credential({ scopes: ['theirs'], audience: 'c', params }).obtain()
  const form = server.asked.at(-1)?.form
  t.deepEqual([form?.getAll('scope'), form?.getAll('audience')], [['mine'], ['a', 'b']])
  t.is(form?.get('grant_type'), 'urn:special')
})

test('pitfall 3: scopes are a list, joined by one space; a scope with a blank in it is an error', async (t) => {
  const { server, credential, settings } = await world(t)
  await credential({ scopes: ['openid', 'email'] }).obtain()
  t.is(lastForm(server.asked)['scope'], 'openid email')
  t.throws(() => settings({ scopes: ['openid, email'] }))
  t.throws(() => settings({ scopes: 'openid,email' }))
})

test('pitfall 4: a new secret begins with a new token, without a restart', async (t) => {
  const { server, credential } = await world(t)
  await credential().obtain()
  t.is(await credential({ clientSecret: 'the-next-secret' }).obtain(), 'Bearer token-2')
  const basic = Buffer.from(String(server.asked[1]?.headers.authorization).slice(6), 'base64').toString()
  t.is(basic, 'gate:the-next-secret')
})

test('pitfall 5: credentials go into the body first and only, where the server wants them there', async (t) => {
  const { server, credential } = await world(t)
  await credential({ clientAuth: 'client_secret_post' }).obtain()
  t.is(server.asked.length, 1, 'nothing is probed')
  t.is(server.asked[0]?.headers.authorization, undefined)
  t.like(lastForm(server.asked), { client_id: 'gate', client_secret: 'the-secret-of-gate' })
})

test('pitfall 6: the Auth0 recipe sends credentials once, and a second time is refused when the document is read', async (t) => {
  const { server, credential, settings } = await world(t)
  await credential({ clientAuth: 'client_secret_post', audience: 'YOUR-AUDIENCE' }).obtain()
  const asked = server.asked[0]
  t.is(asked?.headers.authorization, undefined)
  t.is(asked?.headers.accept, 'application/json')
  t.is(asked?.form.get('audience'), 'YOUR-AUDIENCE')
  const error = t.throws(() => settings({ params: { client_id: 'gate', client_secret: 's' } }))
  t.regex(error?.message ?? '', /client_secret_post/)
})

test('pitfall 7: audience and resource (RFC 8707) are both offered, as a text or as a list', async (t) => {
  const { server, credential } = await world(t)
  await credential({ audience: 'https://a', resource: ['https://r1', 'https://r2'] }).obtain()
  const form = server.asked[0]?.form
  t.deepEqual([form?.getAll('audience'), form?.getAll('resource')], [['https://a'], ['https://r1', 'https://r2']])
})

test('RFC 6749 §2.3.1: id and secret are form-encoded before they are joined in the Basic header', async (t) => {
  const { server, credential } = await world(t)
  await credential({ clientId: 'a:b', clientSecret: 'ö %&' }).obtain()
  const basic = Buffer.from(String(server.asked[0]?.headers.authorization).slice(6), 'base64').toString()
  t.is(basic, 'a%3Ab:%C3%B6+%25%26')
  t.is(server.asked[0]?.form.get('client_secret'), null)
})

test('RFC 7523 §3: private_key_jwt signs a new assertion for every request, with RSA, EC and Ed25519 keys', async (t) => {
  const { server, credential, settings, clock } = await world(t)
  const pairs = [
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ] as const
  for (const [alg, { privateKey }] of pairs) {
    const key = alg === 'EdDSA' ? JSON.stringify(privateKey.export({ format: 'jwk' })) : pem(privateKey)
    const signing = { key, keyId: 'k1', audience: 'https://issuer' }
    await credential({ clientAuth: 'private_key_jwt', clientSecret: undefined, privateKey: signing }).obtain()
    const form = lastForm(server.asked)
    t.is(form['client_assertion_type'], 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    const options = { audience: 'https://issuer', issuer: 'gate', subject: 'gate', currentDate: new Date(clock.now()) }
    const verified = await jwtVerify(form['client_assertion'] ?? '', createPublicKey(privateKey), options)
    t.like(verified.protectedHeader, { alg, kid: 'k1' })
    t.is(Number(verified.payload.exp) - Number(verified.payload.iat), 60)
  }
  const [first, second] = server.asked.map(({ form }) => form.get('client_assertion'))
  t.not(first, second)
  const rsa = { key: pem(pairs[0][1].privateKey), algorithm: 'ES256' }
  for (const privateKey of [{ key: 'no key' }, rsa, undefined]) {
    t.throws(() => settings({ clientAuth: 'private_key_jwt', privateKey }))
  }
})

const pem = (key: KeyObject): string => String(key.export({ format: 'pem', type: 'pkcs8' }))

for (const [what, body] of [
  ['no JSON', '<html>'],
  ['no token', '{"token_type":"bearer"}'],
  ['a token with a line break', '{"access_token":"a\\r\\nX: 1"}'],
  ['a token of a type that is not understood', '{"access_token":"a","token_type":"DPoP"}'],
  ['an endless answer', `{"access_token":"${'a'.repeat(100_000)}"}`],
] as const) {
  test(`an answer with ${what} is a 502, never a header`, async (t) => {
    const { server, credential } = await world(t)
    server.answer((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(body))
    const error = (await t.throwsAsync(credential().obtain())) as Problem
    t.is(error.status, 502)
  })
}

test('header and prefix say where the token goes', async (t) => {
  const { server, credential } = await world(t)
  server.give({ token_type: 'special' })
  const bare = credential({ header: { name: 'X-Token', prefix: '' } })
  t.is(await bare.obtain(), 'token-1')
  t.is(bare.header, 'X-Token')
  for (const name of ['Host', 'Connection', 'X-Consumer-Id', 'a b', 'Content-Length']) {
    t.throws(
      () => clientCredentialsSettings.parse({ tokenUrl: 'https://a', clientId: 'a', header: { name } }),
      undefined,
      name,
    )
  }
})
