import { OAuth2Client } from '@badgateway/oauth2-client'
import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { Strategy } from 'passport-oauth2'
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2'
import { startStepOn } from '../../examples/step-on/main.ts'
import { type Agent, pkce, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { forTest } from '../_kit/world.ts'

/** A gateway with Step On behind it, and a registered client. */
async function world(t: ExecutionContext, registration: object = {}, scheme: Record<string, unknown> = {}) {
  const stepOn = await forTest(t, startStepOn())
  const document = stepOnDocument({ upstream: stepOn.url, login: 'http://login.example/login' }, scheme)
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': document } })
  const agent = await registerAgent(gateway.api('step-on', '/stepon'), registration)
  const { clientId, clientSecret = '', redirectUri } = agent.client
  return { agent, clientId, clientSecret, redirectUri, issuer: `${gateway.url}/stepon` }
}

/** What the browser and the login page do with an authorization URL: the URL that the browser comes back with. */
async function signedIn(agent: Agent, url: string | URL): Promise<URL> {
  const login = await fetch(url, { redirect: 'manual' })
  const challenge = new URL(login.headers.get('location') ?? '').searchParams.get('login_challenge') ?? ''
  return agent.decide(challenge, 'clark')
}

test('simple-oauth2: code with PKCE, refresh and revocation, its secret in the header or in the body', async (t) => {
  const { agent, clientId, clientSecret, redirectUri, issuer } = await world(t)
  for (const authorizationMethod of ['header', 'body'] as const) {
    const { verifier, challenge } = pkce()
    const path = (name: string) => `/stepon/oauth/${name}`
    const application = new AuthorizationCode({
      client: { id: clientId, secret: clientSecret },
      auth: {
        tokenHost: new URL(issuer).origin,
        tokenPath: path('token'),
        authorizePath: path('authorize'),
        revokePath: path('revoke'),
      },
      options: { authorizationMethod },
    })
    const asked = { redirect_uri: redirectUri, scope: 'step_counts', state: 'abc' }
    const url = application.authorizeURL({ ...asked, code_challenge: challenge, code_challenge_method: 'S256' })
    const code = (await signedIn(agent, url)).searchParams.get('code')
    const first = await application.getToken({ code, redirect_uri: redirectUri, code_verifier: verifier })
    t.false(first.expired())
    t.is((await agent.call('/stepcounts', String(first.token['access_token']))).json['user'], 'clark')
    const second = await first.refresh()
    t.not(second.token['access_token'], first.token['access_token'])
    await second.revokeAll()
    t.is((await agent.call('/stepcounts', String(second.token['access_token']))).status, 401)
  }
})

test('simple-oauth2: client credentials', async (t) => {
  const { clientId, clientSecret, issuer } = await world(t)
  const auth = { tokenHost: new URL(issuer).origin, tokenPath: '/stepon/oauth/token' }
  const application = new ClientCredentials({ client: { id: clientId, secret: clientSecret }, auth })
  t.is((await application.getToken({ scope: 'statistics' })).token['scope'], 'statistics')
})

test('passport-oauth2: a web application signs its user in, with PKCE and state', async (t) => {
  const { agent, clientId, clientSecret, redirectUri, issuer } = await world(t)
  const settings = {
    authorizationURL: `${issuer}/oauth/authorize`,
    tokenURL: `${issuer}/oauth/token`,
    clientID: clientId,
    clientSecret,
    callbackURL: redirectUri,
    scope: 'step_counts',
    pkce: true,
    state: true,
  }
  const strategy = new Strategy(settings, (accessToken, refreshToken, _, done) =>
    done(null, { accessToken, refreshToken }),
  )
  const session = {}
  const page = new URL(await outcomeOf(strategy, { session, query: {}, headers: {}, connection: {} }, 'redirect'))
  const back = await signedIn(agent, page)
  const query = Object.fromEntries(back.searchParams)
  const user = await outcomeOf<Record<string, string>>(
    strategy,
    { session, query, headers: {}, connection: {} },
    'success',
  )
  t.is((await agent.call('/stepcounts', user['accessToken'])).json['user'], 'clark')
  t.truthy(user['refreshToken'])
})

/** Runs a strategy as Passport does: the outcome that is expected, or whatever else came. */
function outcomeOf<T = string>(strategy: Strategy, request: object, expected: 'redirect' | 'success'): Promise<T> {
  return new Promise((resolve, reject) => {
    const other = (what: unknown) => reject(what instanceof Error ? what : new Error(JSON.stringify(what)))
    const outcomes = { redirect: other, success: other, fail: other, error: other, pass: other, [expected]: resolve }
    Object.assign(Object.create(strategy) as Strategy, outcomes).authenticate(request)
  })
}

test('@badgateway/oauth2-client: discovery, code with PKCE, refresh, introspection and revocation', async (t) => {
  const { agent, clientId, clientSecret, redirectUri, issuer } = await world(t)
  const server = new URL(issuer).origin
  const discoveryEndpoint = `${server}/.well-known/oauth-authorization-server/stepon`
  const application = new OAuth2Client({ server, discoveryEndpoint, clientId, clientSecret })
  const codeVerifier = pkce().verifier
  const asked = { redirectUri, state: 'abc', codeVerifier }
  const url = await application.authorizationCode.getAuthorizeUri({ ...asked, scope: ['step_counts'] })
  const back = await signedIn(agent, url)
  const token = await application.authorizationCode.getTokenFromCodeRedirect(back, asked)
  t.is((await agent.call('/stepcounts', token.accessToken)).json['user'], 'clark')
  const next = await application.refreshToken(token)
  t.like(await application.introspect(next), { active: true, client_id: clientId, sub: 'clark' })
  await application.revoke(next)
  t.like(await application.introspect(next), { active: false })
})

test('MCP TypeScript SDK: from the URL of the API alone, with a registered client, to a call with its token', async (t) => {
  const { agent, clientId, redirectUri, issuer } = await world(t, { client_type: 'public' })
  const kept: { tokens?: object; verifier?: string; page?: URL } = {}
  const provider: OAuthClientProvider = {
    redirectUrl: redirectUri,
    clientMetadata: { redirect_uris: [redirectUri], scope: 'step_counts' },
    clientInformation: () => ({ client_id: clientId, issuer }),
    tokens: () => kept.tokens as ReturnType<OAuthClientProvider['tokens']>,
    saveTokens: (tokens) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: (page) => void Object.assign(kept, { page }),
    saveCodeVerifier: (verifier) => void Object.assign(kept, { verifier }),
    codeVerifier: () => kept.verifier ?? '',
  }
  const serverUrl = `${issuer}/stepcounts`
  const refused = await fetch(serverUrl)
  t.is(refused.status, 401)
  const found = /resource_metadata="([^"]+)"/.exec(refused.headers.get('www-authenticate') ?? '')?.[1] ?? ''
  const resourceMetadataUrl = new URL(found)
  t.is(await auth(provider, { serverUrl, resourceMetadataUrl }), 'REDIRECT')
  t.is(kept.page?.searchParams.get('resource'), issuer)
  const back = await signedIn(agent, kept.page ?? '')
  const authorizationCode = back.searchParams.get('code') ?? ''
  t.is(await auth(provider, { serverUrl, resourceMetadataUrl, authorizationCode }), 'AUTHORIZED')
  const access = () => (kept.tokens as { access_token: string }).access_token
  const first = access()
  t.is((await agent.call('/stepcounts', first)).status, 200)
  t.is(await auth(provider, { serverUrl, resourceMetadataUrl }), 'AUTHORIZED') // by its refresh token
  t.not(access(), first)
  await t.throwsAsync(auth(provider, { serverUrl, resourceMetadataUrl, authorizationCode }))
})

test('openid-client and oauth4webapi: private_key_jwt, a resource, and a JWT that any resource server can check', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k1' }] }
  const keys = { token_endpoint_auth_method: 'private_key_jwt', jwks }
  const { agent, clientId, redirectUri, issuer } = await world(t, keys, { accessTokenFormat: 'jwt' })
  const options = { execute: [openid.allowInsecureRequests], algorithm: 'oauth2' as const }
  const method = openid.PrivateKeyJwt({ key: privateKey, kid: 'k1' })
  const config = await openid.discovery(new URL(issuer), clientId, undefined, method, options)
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'step_counts',
    resource: issuer,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const back = await signedIn(agent, url)
  const tokens = await openid.authorizationCodeGrant(config, back, { pkceCodeVerifier }, { resource: issuer })
  const request = new Request(`${issuer}/stepcounts`, { headers: { authorization: `Bearer ${tokens.access_token}` } })
  const server = config.serverMetadata() as oauth.AuthorizationServer
  const claims = await oauth.validateJwtAccessToken(server, request, issuer, { [oauth.allowInsecureRequests]: true })
  t.like(claims, { iss: issuer, aud: issuer, sub: 'clark', client_id: clientId, scope: 'step_counts' })
  t.is((await agent.call('/stepcounts', tokens.access_token)).json['user'], 'clark')
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource: issuer })
  t.like(await openid.tokenIntrospection(config, refreshed.access_token), { active: true, aud: issuer })
  await openid.tokenRevocation(config, refreshed.access_token)
  t.like(await openid.tokenIntrospection(config, refreshed.access_token), { active: false })
  t.is((await agent.call('/stepcounts', refreshed.access_token)).status, 401)
  const other = openid.refreshTokenGrant(config, refreshed.refresh_token ?? '', { resource: 'https://other.example' })
  t.like(await t.throwsAsync(other), { error: 'invalid_target' })
})
