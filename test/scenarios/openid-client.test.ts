import test, { type ExecutionContext } from 'ava'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { startStepOn } from '../../examples/step-on/main.ts'
import { registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { forTest } from '../_kit/world.ts'

/** A gateway with Step On behind it, and a registered client. */
async function world(t: ExecutionContext) {
  const stepOn = await forTest(t, startStepOn())
  const document = stepOnDocument({ upstream: stepOn.url, login: 'http://login.example/login' })
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': document } })
  const agent = await registerAgent(gateway.api('step-on', '/stepon'))
  const { clientId, clientSecret = '', redirectUri } = agent.client
  return { agent, clientId, clientSecret, redirectUri, issuer: new URL(`${gateway.url}/stepon`) }
}

test('openid-client completes code with PKCE, refresh, introspection and revocation with nothing but HTTP allowed', async (t) => {
  const { agent, clientId, clientSecret, redirectUri, issuer } = await world(t)
  const options = { execute: [client.allowInsecureRequests], algorithm: 'oauth2' as const }
  const config = await client.discovery(issuer, clientId, undefined, client.ClientSecretBasic(clientSecret), options)
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const expectedState = client.randomState()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'step_counts',
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const login = await fetch(url, { redirect: 'manual' })
  const challenge = new URL(login.headers.get('location') ?? '').searchParams.get('login_challenge') ?? ''
  const back = await agent.decide(challenge, 'clark')

  const tokens = await client.authorizationCodeGrant(config, back, { pkceCodeVerifier, expectedState })
  t.is(tokens.token_type, 'bearer')
  const steps = new URL(`${issuer}/stepcounts`)
  const answer = await client.fetchProtectedResource(config, tokens.access_token, steps, 'GET')
  t.is(((await answer.json()) as { user: string }).user, 'clark')

  const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? '')
  t.not(refreshed.access_token, tokens.access_token)
  t.like(await client.tokenIntrospection(config, refreshed.access_token), {
    active: true,
    sub: 'clark',
    client_id: clientId,
  })
  await client.tokenRevocation(config, refreshed.access_token)
  t.like(await client.tokenIntrospection(config, refreshed.access_token), { active: false })
})

test('openid-client gets a token by client credentials, with its secret in the body as well', async (t) => {
  const { clientId, clientSecret, issuer } = await world(t)
  for (const method of [client.ClientSecretBasic, client.ClientSecretPost]) {
    const options = { execute: [client.allowInsecureRequests], algorithm: 'oauth2' as const }
    const config = await client.discovery(issuer, clientId, undefined, method(clientSecret), options)
    const tokens = await client.clientCredentialsGrant(config, { scope: 'statistics' })
    t.is(tokens.scope, 'statistics')
    t.is(tokens.refresh_token, undefined)
  }
})

test('oauth4webapi finds the same issuer by every address of the metadata, and accepts the error of a denial', async (t) => {
  const { agent, clientId, issuer } = await world(t)
  const insecure = { [oauth.allowInsecureRequests]: true }
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    const response = await oauth.discoveryRequest(issuer, { algorithm, ...insecure })
    const server = await oauth.processDiscoveryResponse(issuer, response)
    t.is(server.issuer, issuer.href)
    t.true(server.authorization_response_iss_parameter_supported)
  }
  const server = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
  )
  const { challenge = '' } = await agent.authorize({ state: 'abc' })
  const denied = await agent.decide(challenge, 'clark', 'deny')
  const error = t.throws(() => oauth.validateAuthResponse(server, { client_id: clientId }, denied, 'abc'))
  t.like(error, { error: 'access_denied' })
})
