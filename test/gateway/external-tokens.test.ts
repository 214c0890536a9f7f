import test, { type ExecutionContext } from 'ava'
import type { GatewayDeps } from '../../src/app.ts'
import { handClock } from '../_kit/clock.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { OIDC_AUDIENCE, OIDC_CLIENT, startOidcServer } from '../_kit/oidc-server.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

type Json = Readonly<Record<string, unknown>>

/** A document whose tokens are those of `oidc-provider`. */
function document(upstream: string, declaration: Json, settings: Json): object {
  const operation = (scopes: readonly string[]) => ({
    security: [{ login: scopes }],
    responses: { '200': { description: 'Fine' } },
  })
  return {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    paths: { '/orders': { get: operation(['read']), put: operation(['read', 'write']) } },
    components: { securitySchemes: { login: declaration } },
    'x-gateway': {
      server: {
        listenPath: { value: '/orders-api/' },
        authentication: { enabled: true, securitySchemes: { login: { enabled: true, ...settings } } },
      },
      upstream: { url: upstream },
    },
  }
}

async function world(
  t: ExecutionContext,
  of: (issuer: string, introspection: string) => readonly [Json, Json],
  deps: Partial<GatewayDeps> = {},
) {
  const upstream = await forTest(t, startUpstream())
  const oidc = await forTest(t, startOidcServer())
  const [declaration, settings] = of(oidc.issuer, oidc.introspectionUrl)
  const documents = { 'orders.json': document(upstream.url, declaration, settings) }
  const gateway = await gatewayFor(t, { documents, deps })
  const call = (token: string | undefined, init: RequestInit = {}) =>
    fetch(`${gateway.url}/orders-api/orders`, {
      ...init,
      headers: { ...init.headers, ...(token ? { authorization: `Bearer ${token}` } : {}) },
    })
  return { upstream, oidc, gateway, call }
}

const openId = (issuer: string): Json => ({
  type: 'openIdConnect',
  openIdConnectUrl: `${issuer}/.well-known/openid-configuration`,
})
const oauth = (issuer: string): Json => ({
  type: 'oauth2',
  flows: { clientCredentials: { tokenUrl: `${issuer}/token`, scopes: { read: 'Read', write: 'Write' } } },
})

for (const [what, of] of [
  [
    'openIdConnect, by the metadata of the document',
    (issuer: string) => [openId(issuer), { jwt: { audience: OIDC_AUDIENCE } }],
  ],
  ['oauth2, by issuer alone', (issuer: string) => [oauth(issuer), { jwt: { issuer, audience: OIDC_AUDIENCE } }]],
  [
    'oauth2, by a key set',
    (issuer: string) => [
      oauth(issuer),
      { jwt: { issuer, jwksUri: `${issuer}/jwks`, audience: OIDC_AUDIENCE, algorithms: ['RS256'] } },
    ],
  ],
] as const) {
  test(`JWTs of oidc-provider are accepted: ${what}`, async (t) => {
    const { call, oidc, upstream } = await world(t, (issuer) => of(issuer) as [Json, Json])
    const token = await oidc.token()
    t.is((await call(token)).status, 200)
    t.is(upstream.last().headers['x-credential-identifier'], OIDC_CLIENT.clientId)
    t.is(upstream.last().headers['x-authenticated-scope'], 'read')
    t.is(upstream.last().headers['x-authenticated-userid'], undefined, 'a client is no user')
    const short = await call(token, { method: 'PUT' })
    t.is(short.status, 403)
    t.regex(short.headers.get('www-authenticate') ?? '', /insufficient_scope.*scope="read write"/)
    t.is((await call(await oidc.token({ scope: 'read write' }), { method: 'PUT' })).status, 200)
    t.is((await call(`${token.slice(0, -4)}AAAA`)).status, 401)
    t.is(
      (await call(await oidc.token({ jwt: false }))).status,
      401,
      'an opaque token says nothing without introspection',
    )
    t.is((await call(undefined)).status, 401)
    t.is(oidc.requests.filter((path) => path === '/jwks').length, 1, 'the key set is fetched once')
  })
}

test('RFC 9728 §2: the challenge leads to metadata that name the foreign server', async (t) => {
  const { call, oidc, gateway } = await world(t, (issuer) => [openId(issuer), { jwt: { audience: OIDC_AUDIENCE } }])
  const challenge = (await call(undefined)).headers.get('www-authenticate') ?? ''
  const metadata = await fetch(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? '')
  t.like(await metadata.json(), {
    resource: `${gateway.url}/orders-api`,
    authorization_servers: [oidc.issuer],
    scopes_supported: ['read', 'write'],
  })
  const own = await fetch(`${gateway.url}/.well-known/oauth-authorization-server/orders-api`)
  t.is(own.status, 404, 'the gateway issues nothing for this API')
})

test('opaque tokens of oidc-provider are introspected, once for many requests', async (t) => {
  const { call, oidc, upstream, gateway } = await world(t, (issuer, url) => [
    oauth(issuer),
    { introspection: { url, ...OIDC_CLIENT } },
  ])
  const token = await oidc.token({ jwt: false })
  const answers = await Promise.all(Array.from({ length: 50 }, () => call(token)))
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  t.is(upstream.last().headers['x-credential-identifier'], OIDC_CLIENT.clientId)
  t.is((await call('nothing-that-was-issued')).status, 401)
  t.is((await call('nothing-that-was-issued')).status, 401)
  t.is(oidc.requests.filter((path) => path === '/token/introspection').length, 2)
  oidc.close()
  const unknown = await call('another-one')
  t.is(unknown.status, 503)
  t.is(unknown.headers.get('retry-after'), '1')
  t.is((await call(token)).status, 200, 'what is known is known')
  t.notRegex(JSON.stringify(gateway.log), new RegExp(`${token}|another-one|${OIDC_CLIENT.clientSecret}`))
})

test('oidc-provider as the token server of upstream client credentials', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const oidc = await forTest(t, startOidcServer())
  const clientCredentials = { tokenUrl: oidc.tokenUrl, ...OIDC_CLIENT, scopes: ['read'], resource: OIDC_AUDIENCE }
  const gateway = await gatewayFor(t, {
    documents: {
      'orders.json': {
        openapi: '3.1.0',
        info: { title: 'Orders', version: '1' },
        paths: {},
        'x-gateway': { upstream: { url: upstream.url, authentication: { oauth: { clientCredentials } } } },
      },
    },
  })
  t.is((await fetch(`${gateway.url}/orders/x`)).status, 200)
  t.regex(String(upstream.last().headers.authorization), /^Bearer ey.+\..+\..+$/)
})

test('a token that the server will not look at closes the door to nobody else', async (t) => {
  const server = await forTest(t, startUpstream())
  const { call } = await world(
    t,
    (issuer) => [oauth(issuer), { introspection: { url: server.url, ...OIDC_CLIENT } }],
    { clock: handClock() }, // on which the moment does not pass
  )
  server.answerOnce({ status: 400, body: '{"error":"invalid_request"}' })
  t.is((await call('strange')).status, 503)
  server.answerOnce({ body: JSON.stringify({ active: true, scope: 'read', client_id: 'app' }) })
  t.is((await call('good')).status, 200)
  server.answerOnce({ status: 500, body: 'down' })
  t.is((await call('unlucky')).status, 503)
  t.is((await call('another')).status, 503)
  t.is(server.requests.length, 3, 'a server that is down is left alone for a moment')
})
