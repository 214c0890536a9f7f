import test from 'ava'
import { adminCall, pkce, registerAgent } from '../_kit/agent.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const document = (upstream: string) => ({
  openapi: '3.0.3',
  info: { title: 'Steps', version: '1' },
  security: [{ oauth: [] }],
  paths: {
    '/days': {
      get: { operationId: 'listDays', tags: ['read'], responses: { 200: { description: 'Days' } } },
      post: { operationId: 'addDay', security: [{ oauth: ['write'] }], responses: { 200: { description: 'Added' } } },
    },
  },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: {
          authorizationCode: {
            authorizationUrl: '/oauth/authorize',
            tokenUrl: '/oauth/token',
            scopes: { read: 'Read', write: 'Write' },
          },
        },
      },
    },
  },
  'x-gateway': {
    server: {
      listenPath: { value: '/steps/' },
      authentication: {
        enabled: true,
        securitySchemes: { oauth: { enabled: true, authLoginRedirect: 'http://login.test/', refreshToken: true } },
      },
    },
    upstream: { url: upstream },
  },
})

async function world(t: Parameters<typeof gatewayFor>[0]) {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: { 'steps.json': document(upstream.url) } })
  const api = gateway.api('steps', '/steps')
  const policy = {
    id: 'gold',
    access: [{ api: 'steps' }],
    access_token_lifetime: '10m',
    refresh_token_lifetime: '2h',
    meta_data: { plan: 'gold' },
  }
  await adminCall(api, 'POST', '/api/policies', policy)
  const agent = await registerAgent(api, { policy_id: 'gold' })
  const { verifier, challenge } = pkce()
  const form = (more: Record<string, string>) =>
    new URLSearchParams({
      response_type: 'code',
      client_id: agent.client.clientId,
      redirect_uri: agent.client.redirectUri,
      scope: 'read write',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      user: 'ann',
      ...more,
    })
  const authorize = (more: Record<string, string>) =>
    adminCall(api, 'POST', '/api/apis/oauth/steps/authorize-client', form(more))
  const redeem = (code: string) =>
    agent.token({
      grant_type: 'authorization_code',
      code,
      redirect_uri: agent.client.redirectUri,
      code_verifier: verifier,
    })
  return { api, agent, authorize, redeem }
}

test('session data of authorize-client narrows the token, what is refreshed from it included', async (t) => {
  const { agent, authorize, redeem } = await world(t)
  const session = { access: [{ api: 'steps', tags: ['read'] }], scopes: ['read'], access_token_lifetime: '1m' }
  const { json } = await authorize({ session: JSON.stringify(session) })
  const first = await redeem(String(json['code']))
  t.like(first.json, { scope: 'read', expires_in: 60 }, first.text)
  t.is((await agent.call('/days', String(first.json['access_token']))).status, 200)
  const refused = await agent.call('/days', String(first.json['access_token']), { method: 'POST' })
  t.is(refused.status, 403)
  const second = await agent.refresh(String(first.json['refresh_token']))
  t.like(second.json, { scope: 'read', expires_in: 60 })
  const again = await agent.call('/days', String(second.json['access_token']), { method: 'POST' })
  t.is(again.status, 403)
})

test('session data that goes beyond the policy, or makes no sense, is refused and no code is issued', async (t) => {
  const { authorize, api } = await world(t)
  const beyond = await authorize({ session: JSON.stringify({ access: [{ api: 'steps' }, { api: 'other' }] }) })
  t.is(beyond.status, 422)
  t.deepEqual(beyond.json['errors'], [
    { pointer: '/session/access/1/api', message: 'the client has no access to this API' },
  ])
  t.is((await authorize({ session: '{"acces":[]}' })).status, 422)
  t.is((await authorize({ session: 'no json' })).status, 422)
  const narrow = { id: 'gold', access: [{ api: 'steps', tags: ['read'] }], scopes: ['read'] }
  await adminCall(api, 'PUT', '/api/policies/gold', narrow)
  const wider = await authorize({
    scope: 'read',
    session: JSON.stringify({ access: [{ api: 'steps' }], scopes: ['write'] }),
  })
  t.deepEqual(
    (wider.json['errors'] as { pointer: string }[]).map(({ pointer }) => pointer),
    ['/session/access/0', '/session/scopes/0'],
  )
  t.is(
    (await authorize({ scope: 'read', key_rules: JSON.stringify({ access: narrow.access }) })).status,
    200,
    'by its old name',
  )
})

test('a policy shortens lifetimes, adds metadata, and takes scopes from live tokens at once', async (t) => {
  const { api, agent, authorize, redeem } = await world(t)
  const { json } = await authorize({})
  const token = await redeem(String(json['code']))
  t.like(token.json, { scope: 'read write', expires_in: 600 })
  const access = String(token.json['access_token'])
  t.is((await agent.call('/days', access, { method: 'POST' })).status, 200)
  await adminCall(api, 'PUT', '/api/policies/gold', { access: [{ api: 'steps' }], scopes: ['read'] })
  const refused = await agent.call('/days', access, { method: 'POST' })
  t.is(refused.status, 403)
  t.is(refused.json['title'], 'insufficient scope')
  const asked = await authorize({})
  t.is(asked.json['error'], 'invalid_scope', 'nor is it granted any more')
})

test('a login challenge that was begun under a policy is not accepted when the policy has gone', async (t) => {
  const { api, agent } = await world(t)
  const { challenge = '' } = await agent.authorize({ scope: 'read' })
  await adminCall(api, 'DELETE', '/api/policies/gold')
  const decision = new URLSearchParams({ login_challenge: challenge, user: 'ann', decision: 'accept' })
  t.is((await adminCall(api, 'POST', '/api/apis/oauth/steps/authorize-client', decision)).status, 400)
  const page = await agent.authorize({ scope: 'read' })
  t.is(new URL(page.page.location ?? '').searchParams.get('error'), 'unauthorized_client')
})
