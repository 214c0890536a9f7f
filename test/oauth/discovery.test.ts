import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { adminCall, registerAgent } from '../_kit/agent.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/**
 * The metadata documents against behaviour, over HTTP: whatever they say works, whatever they leave out does not.
 */

type Json = Readonly<Record<string, unknown>>

const SCOPES = { read: 'may read', write: 'may write' }
const CODE = { authorizationUrl: 'oauth/authorize', tokenUrl: 'oauth/token', scopes: SCOPES }
const IMPLICIT = { authorizationUrl: 'oauth/authorize', scopes: SCOPES }
const TOKEN = { tokenUrl: 'oauth/token', scopes: SCOPES }

/** What a document may switch on. */
const APIS: Readonly<Record<string, { readonly flows: Json; readonly settings?: Json }>> = {
  'code alone': { flows: { authorizationCode: CODE } },
  'code with refresh, JWTs': {
    flows: { authorizationCode: CODE },
    settings: { refreshToken: true, accessTokenFormat: 'jwt' },
  },
  'client credentials alone': { flows: { clientCredentials: TOKEN } },
  'password, and tokens in the query': {
    flows: { password: TOKEN },
    settings: { refreshToken: true, query: { enabled: true, name: 'access_token' } },
  },
  'implicit alone': { flows: { implicit: IMPLICIT }, settings: { allowedAuthorizeTypes: ['token'] } },
  'implicit declared, but not allowed': { flows: { authorizationCode: CODE, implicit: IMPLICIT } },
  'everything at its own URL': {
    flows: {
      authorizationCode: { ...CODE, refreshUrl: 'oauth/refresh' },
      clientCredentials: { ...TOKEN, tokenUrl: 'service/token' },
      implicit: { ...IMPLICIT, authorizationUrl: 'oauth/implicit' },
    },
    settings: { refreshToken: true, allowedAuthorizeTypes: ['code', 'token'] },
  },
}

async function served(t: ExecutionContext, { flows, settings }: { readonly flows: Json; readonly settings?: Json }) {
  const upstream = await forTest(t, startUpstream())
  const oauth = { enabled: true, authLoginRedirect: 'http://login.example/login', scopes: { default: ['read'] } }
  const document = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    security: [{ oauth: ['read'] }],
    paths: { '/pets': { get: { operationId: 'list', responses: { 200: { description: 'ok' } } } } },
    components: { securitySchemes: { oauth: { type: 'oauth2', flows } } },
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: { enabled: true, securitySchemes: { oauth: { ...oauth, ...settings } } },
      },
      upstream: { url: upstream.url },
    },
  }
  const gateway = await gatewayFor(t, { documents: { 'pets.json': document } })
  const server = await read(`${gateway.url}/.well-known/oauth-authorization-server/pets`)
  const resource = await read(`${gateway.url}/.well-known/oauth-protected-resource/pets`)
  return { gateway, server, resource, issuer: `${gateway.url}/pets` }
}

async function read(url: string): Promise<Json> {
  const answer = await fetch(url)
  if (answer.status !== 200) throw new Error(`${url}: ${answer.status}`)
  return (await answer.json()) as Json
}

const list = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

async function post(url: unknown, form: Record<string, string>, authorization?: string) {
  const headers = new Headers(authorization === undefined ? {} : { authorization })
  const answer = await fetch(String(url), { method: 'POST', headers, body: new URLSearchParams(form) })
  return { status: answer.status, json: (await answer.json().catch(() => ({}))) as Json }
}

const basicOf = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`

const agentAt = (gateway: TestGateway, more: object = {}) => registerAgent(gateway.api('pets', '/pets'), more)

for (const [name, wish] of Object.entries(APIS)) {
  test.serial(`RFC 8414 §2, ${name}: the grants of the document, and no others, are offered`, async (t) => {
    const { gateway, server } = await served(t, wish)
    const { client } = await agentAt(gateway)
    const grants = ['authorization_code', 'client_credentials', 'password', 'refresh_token', 'urn:other']
    const advertised = list(server['grant_types_supported'])
    if (server['token_endpoint'] === undefined) {
      t.deepEqual(advertised, ['implicit'])
      return
    }
    for (const grant of grants) {
      const authorization = basicOf(client.clientId, client.clientSecret ?? '')
      const { json } = await post(server['token_endpoint'], { grant_type: grant }, authorization)
      t.is(json['error'] !== 'unsupported_grant_type', advertised.includes(grant), `${grant}: ${json['error']}`)
    }
  })

  test.serial(
    `RFC 8414 §2, ${name}: response types, modes, challenge methods, scopes and iss are as the document says`,
    async (t) => {
      const { gateway, server, issuer } = await served(t, wish)
      const { client } = await agentAt(gateway)
      const types = list(server['response_types_supported'])
      const ask = async (parameters: Record<string, string | undefined>, path = 'oauth/authorize') => {
        const good = { response_type: types[0], client_id: client.clientId, redirect_uri: client.redirectUri }
        const pkce = good.response_type === 'code' || parameters['response_type'] === 'code' ? S256 : {}
        const url = new URL(`${issuer}/${path}`)
        for (const [key, value] of Object.entries({ ...good, ...pkce, ...parameters }))
          if (value !== undefined) url.searchParams.set(key, value)
        const { status, headers } = await fetch(url, { redirect: 'manual' })
        const to = new URL(headers.get('location') ?? 'none:')
        const answer = new URLSearchParams(to.search + (to.hash ? `&${to.hash.slice(1)}` : ''))
        if (status === 303) t.is(answer.get('iss'), issuer)
        return status === 307 ? 'login' : (answer.get('error') ?? String(status))
      }
      t.is('authorization_endpoint' in server, types.length > 0)
      if (types.length === 0) {
        t.not(await ask({ response_type: 'code' }), 'login')
        return
      }
      for (const type of ['code', 'token', 'id_token', 'code token']) {
        const outcomes = [await ask({ response_type: type }), await ask({ response_type: type }, 'oauth/implicit')]
        t.is(outcomes.includes('login'), types.includes(type), `${type}: ${outcomes}`)
      }
      const modes = list(server['response_modes_supported'])
      for (const mode of ['query', 'fragment', 'form_post'])
        if (!modes.includes(mode)) t.is(await ask({ response_mode: mode }), 'invalid_request', mode)
      const methods = list(server['code_challenge_methods_supported'])
      if (types[0] === 'code') {
        t.deepEqual(methods, ['S256'])
        for (const method of ['plain', 's256', undefined])
          t.is(await ask({ code_challenge_method: method }), 'invalid_request', method ?? 'none')
      } else t.deepEqual(methods, [])
      for (const scope of list(server['scopes_supported'])) t.is(await ask({ scope }), 'login', scope)
      t.is(await ask({ scope: 'undeclared' }), 'invalid_scope')
      t.true(server['authorization_response_iss_parameter_supported'])
    },
  )

  test.serial(`RFC 8414 §2, ${name}: clients authenticate as the document says, at each endpoint`, async (t) => {
    const { gateway, server, issuer } = await served(t, wish)
    if (server['token_endpoint'] === undefined) {
      t.false('revocation_endpoint' in server || 'introspection_endpoint' in server)
      t.is((await post(`${issuer}/oauth/revoke`, { token: 'x' })).status, 401) // the API's own, not the issuer's
      return
    }
    const clients = await clientsOf(gateway)
    for (const endpoint of ['token', 'revocation', 'introspection'] as const) {
      const advertised = list(server[`${endpoint}_endpoint_auth_methods_supported`])
      t.true(advertised.length > 1)
      for (const [method, credentials] of Object.entries(clients)) {
        const { form, authorization } = await credentials(issuer)
        const answer = await post(
          server[`${endpoint}_endpoint`],
          { grant_type: 'x', token: 'x', ...form },
          authorization,
        )
        const known = endpoint === 'token' ? answer.status === 400 : answer.status === 200
        t.is(known, endpoint === 'token' || advertised.includes(method), `${endpoint} ${method}: ${answer.status}`)
      }
    }
  })

  test.serial(`RFC 9728, ${name}: the challenge leads to the document, and tokens stand where it says`, async (t) => {
    const { gateway, resource, server, issuer } = await served(t, wish)
    const refused = await fetch(`${issuer}/pets`)
    const challenge = refused.headers.get('www-authenticate') ?? ''
    t.deepEqual(await read(/resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''), resource)
    t.regex(challenge, /scope="read"/)
    t.is(resource['resource'], issuer)
    t.deepEqual(resource['authorization_servers'], [server['issuer']])
    t.deepEqual(resource['scopes_supported'], ['read'])
    const token = await tokenOf(gateway, server)
    const header = await fetch(`${issuer}/pets`, { headers: { authorization: `Bearer ${token}` } })
    const query = await fetch(`${issuer}/pets?access_token=${token}`)
    const ways = list(resource['bearer_methods_supported'])
    t.deepEqual([header.status, query.status], [200, ways.includes('query') ? 200 : 401])
    t.true(ways.includes('header'))
    t.is(token.startsWith('eyJ'), 'jwks_uri' in server)
    if (server['jwks_uri']) {
      const kid = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
      const { keys } = (await read(String(server['jwks_uri']))) as { keys: { kid: string }[] }
      t.deepEqual(
        keys.map((key) => key.kid),
        [kid],
      )
    }
  })
}

const S256 = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }

type Credentials = (issuer: string) => Promise<{ form: Record<string, string>; authorization?: string }>

/** A registered client for each method, and one for a method that nobody offers. */
async function clientsOf(gateway: TestGateway): Promise<Readonly<Record<string, Credentials>>> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [await exportJWK(publicKey)] }
  const plain = (await agentAt(gateway)).client
  const open = (await agentAt(gateway, { client_type: 'public' })).client
  const keyed = (await agentAt(gateway, { token_endpoint_auth_method: 'private_key_jwt', jwks })).client
  const secret = plain.clientSecret ?? ''
  return {
    client_secret_basic: async () => ({ form: {}, authorization: basicOf(plain.clientId, secret) }),
    client_secret_post: async () => ({ form: { client_id: plain.clientId, client_secret: secret } }),
    none: async () => ({ form: { client_id: open.clientId } }),
    private_key_jwt: async (issuer) => ({
      form: {
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await new SignJWT({ jti: crypto.randomUUID() })
          .setProtectedHeader({ alg: 'ES256' })
          .setIssuer(keyed.clientId)
          .setSubject(keyed.clientId)
          .setAudience(issuer)
          .setExpirationTime('1m')
          .sign(privateKey),
      },
    }),
  }
}

/** A token by whatever grant there is. */
async function tokenOf(gateway: TestGateway, server: Json): Promise<string> {
  const grants = list(server['grant_types_supported'])
  const agent = await agentAt(gateway)
  if (grants.includes('authorization_code')) return (await agent.signIn('ann')).accessToken
  if (grants.includes('client_credentials')) return (await agent.clientCredentials('read')).accessToken
  if (grants.includes('password')) {
    await adminCall(agent.api, 'POST', '/api/users', { username: 'ann', password: 'correct horse' })
    return String((await agent.password('ann', 'correct horse')).json['access_token'])
  }
  const { challenge = '' } = await agent.authorize({ parameters: { response_type: 'token' } })
  const back = await agent.decide(challenge, 'ann')
  return new URLSearchParams(back.hash.slice(1)).get('access_token') ?? ''
}

test.serial('RFC 9728: an API that takes tokens of other issuers of the gateway is described as well', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.1.0',
    info: { title: 'Toys', version: '1' },
    paths: {},
    components: { securitySchemes: { shared: { type: 'http', scheme: 'bearer' } } },
    'x-gateway': {
      server: {
        listenPath: { value: '/toys/' },
        authentication: { enabled: true, securitySchemes: { shared: { enabled: true } } },
      },
      upstream: { url: upstream.url },
    },
  }
  const gateway = await gatewayFor(t, { documents: { 'toys.json': document } })
  const refused = await fetch(`${gateway.url}/toys/any`)
  t.is(refused.status, 401)
  const url = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? ''
  t.deepEqual(await read(url), {
    resource: `${gateway.url}/toys`,
    bearer_methods_supported: ['header'],
    resource_name: 'Toys',
  })
  t.is((await fetch(`${gateway.url}/.well-known/oauth-authorization-server/toys`)).status, 404)
})
