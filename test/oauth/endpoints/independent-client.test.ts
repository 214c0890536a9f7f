import test, { type ExecutionContext } from 'ava'
import * as oauth from 'oauth4webapi'
import { backChannel, SECRET, served, VERIFIER } from '../../_kit/back-channel.ts'

const INSECURE = { [oauth.allowInsecureRequests]: true } as const

/** The back channel as oauth4webapi sees it, which accepts nothing that an RFC forbids. */
async function seen(t: ExecutionContext) {
  const channel = await backChannel(t)
  const url = await served(t, channel)
  const server: oauth.AuthorizationServer = {
    issuer: channel.api.issuer,
    token_endpoint: `${url}/oauth/token`,
    revocation_endpoint: `${url}/oauth/revoke`,
    introspection_endpoint: `${url}/oauth/introspect`,
  }
  const client: oauth.Client = { client_id: 'app' }
  return { channel, server, client }
}

for (const [name, authentication] of [
  ['client_secret_basic', oauth.ClientSecretBasic(SECRET)],
  ['client_secret_post', oauth.ClientSecretPost(SECRET)],
] as const) {
  test(`oauth4webapi gets a token by client credentials with ${name}`, async (t) => {
    const { server, client } = await seen(t)
    const parameters = new URLSearchParams({ scope: 'read' })
    const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, INSECURE)
    const answer = await oauth.processClientCredentialsResponse(server, client, response)
    t.is(answer.token_type, 'bearer')
    t.is(answer.scope, 'read')
  })
}

test('oauth4webapi redeems a code, refreshes, introspects and revokes', async (t) => {
  const { channel, server, client } = await seen(t)
  const secret = oauth.ClientSecretBasic(SECRET)
  const redirect = new URL(`https://app.test/cb?code=${await channel.code()}&state=s`)
  const answered = oauth.validateAuthResponse(server, client, redirect, 's')
  const redeemed = await oauth.processAuthorizationCodeResponse(
    server,
    client,
    await oauth.authorizationCodeGrantRequest(
      server,
      client,
      secret,
      answered,
      'https://app.test/cb',
      VERIFIER,
      INSECURE,
    ),
  )
  const refreshed = await oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, secret, redeemed.refresh_token ?? '', INSECURE),
  )
  t.not(refreshed.access_token, redeemed.access_token)
  const ask = async (token: string) =>
    oauth.processIntrospectionResponse(
      server,
      client,
      await oauth.introspectionRequest(server, client, secret, token, INSECURE),
    )
  t.true((await ask(refreshed.access_token)).active)
  t.false((await ask(redeemed.access_token)).active)
  await oauth.processRevocationResponse(
    await oauth.revocationRequest(server, client, secret, refreshed.refresh_token ?? '', INSECURE),
  )
  t.false((await ask(refreshed.access_token)).active)
})

test('oauth4webapi reads a refusal as the RFCs describe it', async (t) => {
  const { server, client } = await seen(t)
  const wrong = oauth.ClientSecretBasic('wrong')
  const response = await oauth.clientCredentialsGrantRequest(server, client, wrong, new URLSearchParams(), INSECURE)
  const error = await t.throwsAsync(oauth.processClientCredentialsResponse(server, client, response), {
    instanceOf: oauth.WWWAuthenticateChallengeError,
  })
  t.is(error.status, 401)
  t.is(error.cause[0]?.scheme, 'basic')
})
