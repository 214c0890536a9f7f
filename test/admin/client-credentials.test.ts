import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair } from 'jose'
import { adminCall } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'

const PATH = '/api/apis/oauth/step-on'

async function world(t: ExecutionContext) {
  const document = stepOnDocument({ upstream: 'http://127.0.0.1:9', login: 'http://login.example/login' })
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': document } })
  const call = (method: string, path: string, body?: object) => adminCall(gateway, method, path, body)
  return { gateway, create: (body: object) => call('POST', PATH, body), call }
}

const publicJwk = async (alg = 'ES256') =>
  exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey) as Promise<Record<string, string>>

const KEYS = { token_endpoint_auth_method: 'private_key_jwt' }

test('a client with keys has no secret, is shown with its keys, and gets none by a rotation', async (t) => {
  const { create, call } = await world(t)
  const jwks = { keys: [await publicJwk()] }
  const made = await create({ client_id: 'signer', ...KEYS, jwks })
  t.is(made.status, 201, made.text)
  t.is(made.json['client_secret'], undefined)
  t.like((await call('GET', `${PATH}/signer`)).json, { ...KEYS, jwks })
  t.is((await call('POST', `${PATH}/signer/rotate`, {})).status, 409)
})

test('a replacement keeps the keys, or replaces them; a client does not turn from secret to keys', async (t) => {
  const { create, call } = await world(t)
  const [old, next] = [{ keys: [await publicJwk()] }, { keys: [await publicJwk('EdDSA')] }]
  await create({ client_id: 'signer', ...KEYS, jwks: old })
  t.like((await call('PUT', `${PATH}/signer`, { name: 'Signer' })).json, { jwks: old })
  t.like((await call('PUT', `${PATH}/signer`, { jwks: next })).json, { jwks: next })
  const published = (await call('PUT', `${PATH}/signer`, { jwks_uri: 'https://app.example/jwks' })).json
  t.like(published, { jwks_uri: 'https://app.example/jwks', jwks: undefined })
  t.is((await call('PUT', `${PATH}/signer`, { token_endpoint_auth_method: 'client_secret_basic' })).status, 422)
  await create({ client_id: 'plain' })
  t.is((await call('PUT', `${PATH}/plain`, { ...KEYS, jwks: old })).status, 422)
})

test('keys that are private, symmetric, weak or none at all are refused, and not repeated in the answer', async (t) => {
  const { create } = await world(t)
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const secret = await exportJWK(privateKey)
  const weak = { kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 255).toString('base64url') }
  const sets = [[secret], [{ kty: 'oct', k: 'c2VjcmV0' }], [weak], [], [{ kty: 'EC' }], [{ kty: 'magic' }]]
  for (const keys of sets) {
    const answer = await create({ ...KEYS, jwks: { keys } })
    t.is(answer.status, 422, JSON.stringify(keys))
    t.false(answer.text.includes(secret.d ?? '?'))
  }
})

test('type, method, secret and keys must go together', async (t) => {
  const { create } = await world(t)
  const jwks = { keys: [await publicJwk()] }
  const wrong = [
    KEYS,
    { ...KEYS, jwks, jwks_uri: 'https://app.example/jwks' },
    { ...KEYS, jwks, client_secret: 'chosen' },
    { ...KEYS, jwks, client_type: 'public' },
    { jwks },
    { token_endpoint_auth_method: 'none' },
    { token_endpoint_auth_method: 'client_secret_jwt' },
    { client_type: 'public', token_endpoint_auth_method: 'client_secret_basic' },
    { ...KEYS, jwks_uri: 'http://app.example/jwks' },
    { ...KEYS, jwks_uri: 'https://user@app.example/jwks' },
  ]
  for (const body of wrong) t.is((await create(body)).status, 422, JSON.stringify(body))
  t.is((await create({ client_type: 'public', token_endpoint_auth_method: 'none' })).status, 201)
})

test('a client has lifetimes of its own where they are registered, and those of the scheme otherwise', async (t) => {
  const { gateway, create, call } = await world(t)
  const own = { access_token_lifetime: '90s', refresh_token_lifetime: '2h', refresh_token_idle_lifetime: '10m' }
  const made = await create({ client_id: 'short', ...own })
  t.like(made.json, { ...own, access_token_lifetime: '1m30s' })
  const secret = String(made.json['client_secret'])
  const ask = async () => {
    const headers = { authorization: `Basic ${Buffer.from(`short:${secret}`).toString('base64')}` }
    const body = new URLSearchParams({ grant_type: 'client_credentials', scope: 'statistics' })
    const answer = await fetch(`${gateway.url}/stepon/oauth/token`, { method: 'POST', headers, body })
    return ((await answer.json()) as { expires_in: number }).expires_in
  }
  t.is(await ask(), 90)
  await call('PUT', `${PATH}/short`, {})
  t.is(await ask(), 3600)
  t.is((await create({ access_token_lifetime: '1 fortnight' })).status, 422)
})
