import {
  askToken,
  type Client,
  callApi,
  newPkce,
  openAuthorization,
  REDIRECT_URI,
  redeem,
  signIn,
  textOf,
} from './client.ts'
import { wrongEverything } from './mistakes.ts'
import type { Reply, Stage } from './stage.ts'

/** The whole OAuth journey, chapter by chapter. Returns the client that was registered on the way. */
export async function journey(stage: Stage): Promise<Client> {
  await connectIdentityServer(stage)
  const client = await register(stage)
  const tokens = await codeFlow(stage, client)
  const refreshed = await refreshing(stage, client, tokens)
  await replaying(stage, client, textOf(tokens, 'refresh_token'), refreshed)
  await revoking(stage, client)
  await actingForItself(stage, client)
  await passwords(stage, client)
  await wrongEverything(stage, client)
  await openDoors(stage)
  return client
}

async function connectIdentityServer(stage: Stage): Promise<void> {
  stage.printer.chapter(
    'The identity server gets a key',
    'On the admin address: a key that can do nothing but answer login requests of this API.',
  )
  const reply = await stage.say('POST', `${stage.admin}/api/keys`, {
    headers: { authorization: stage.adminSecret },
    body: { name: 'Login page', role: 'identity-server', apis: ['step-on'] },
  })
  stage.expect(reply.status === 201, 'a key, shown once')
  stage.useIdentityKey(textOf(reply, 'key'))
}

async function register(stage: Stage): Promise<Client> {
  stage.printer.chapter(
    'A client application is registered',
    'Shoe Fly Shoe, a shop, wants to read step counts. The operator registers it on the admin address; its secret is shown once.',
  )
  const reply = await stage.say('POST', `${stage.admin}/api/apis/oauth/step-on`, {
    headers: { authorization: stage.adminSecret },
    body: { name: 'Shoe Fly Shoe', redirect_uris: [REDIRECT_URI] },
  })
  stage.expect(reply.status === 201 && textOf(reply, 'client_secret') !== '', 'registered, with a secret')
  return { id: textOf(reply, 'client_id'), secret: textOf(reply, 'client_secret'), redirectUri: REDIRECT_URI }
}

async function codeFlow(stage: Stage, client: Client): Promise<Reply> {
  stage.printer.chapter(
    'Clark connects the shop with Step On',
    'The browser goes to the gateway, which sends it on to the identity server: Clark signs in there and allows it.',
  )
  const pkce = newPkce()
  const authorization = await openAuthorization(stage, client, pkce, { state: 'where-clark-was' })
  stage.expect(
    authorization.status === 307 && (authorization.location ?? '').includes('login_challenge='),
    'sent to the login page with a login_challenge',
  )
  const back = await signIn(stage, authorization)
  const target = URL.parse(back.location ?? '')
  stage.expect(target?.origin + (target?.pathname ?? '') === REDIRECT_URI, 'back at the shop')
  stage.expect(target?.searchParams.get('state') === 'where-clark-was', 'with the state that the shop gave')
  stage.expect(target?.searchParams.get('iss') === stage.api, 'and the issuer (RFC 9207)')

  stage.printer.chapter('The shop exchanges the code for tokens', 'Only it knows the PKCE verifier and its secret.')
  const tokens = await redeem(stage, client, back, pkce)
  stage.expect(tokens.status === 200 && textOf(tokens, 'refresh_token') !== '', 'an access token and a refresh token')

  stage.printer.chapter('The shop calls the API', 'The gateway checks the token and tells Step On who asks for whom.')
  const call = await callApi(stage, '/stepcounts', textOf(tokens, 'access_token'))
  stage.expect(call.status === 200 && call.json['user'] === 'clark', 'Clark’s steps')

  await notified(stage, 'new_oauth_token', textOf(tokens, 'access_token'), 'new')
  return tokens
}

async function notified(stage: Stage, member: string, value: string, type: string): Promise<void> {
  stage.printer.chapter('A notification arrives', 'The receiver has checked its signature with code of its own.')
  try {
    const { id, headers, body } = await stage.receiver.waitFor((one) => one.body[member] === value, 10_000)
    const shown = new Headers({ 'content-type': 'application/json' })
    stage.printer.request('POST', `${stage.receiver.url}/hooks/tokens`, shown, JSON.stringify(body))
    stage.printer.line(`      webhook-id: ${id}`)
    stage.printer.line(`      webhook-signature: ${headers['webhook-signature']}`)
    stage.expect(body['notification_type'] === type, `signed, and of type “${type}”`)
  } catch (error) {
    stage.expect(false, error instanceof Error ? error.message : String(error))
  }
}

async function refreshing(stage: Stage, client: Client, tokens: Reply): Promise<Reply> {
  stage.printer.chapter(
    'The shop refreshes',
    'A refresh token works once, and ends the access token that it came with.',
  )
  const form = { grant_type: 'refresh_token', refresh_token: textOf(tokens, 'refresh_token') }
  const refreshed = await askToken(stage, client, form, 'refresh')
  const fresh = textOf(refreshed, 'access_token')
  stage.expect(refreshed.status === 200 && fresh !== textOf(tokens, 'access_token'), 'a new pair of tokens')
  stage.expect((await callApi(stage, '/stepcounts', fresh)).status === 200, 'the new access token works')
  const old = await callApi(stage, '/stepcounts', textOf(tokens, 'access_token'))
  stage.expect(old.status === 401, 'the old one does not')
  await notified(stage, 'old_refresh_token', textOf(tokens, 'refresh_token'), 'refresh')
  return refreshed
}

async function replaying(stage: Stage, client: Client, first: string, second: Reply): Promise<void> {
  stage.printer.chapter(
    'A thief replays an old refresh token',
    'Within 30 seconds the last one gets its answer again, for a client that lost it. An older one can only be stolen.',
  )
  const grant_type = 'refresh_token'
  const again = await askToken(stage, client, { grant_type, refresh_token: first }, 'refresh')
  stage.expect(again.text === second.text || sameTokens(again, second), 'a repeated request gets the same answer')
  const third = await askToken(stage, client, { grant_type, refresh_token: textOf(second, 'refresh_token') }, 'refresh')
  stage.expect(third.status === 200, 'the shop refreshes once more')
  const stolen = await askToken(stage, client, { grant_type, refresh_token: first }, 'refresh')
  stage.expect(stolen.json['error'] === 'invalid_grant', 'the first refresh token is refused …')
  const dead = await callApi(stage, '/stepcounts', textOf(third, 'access_token'))
  stage.expect(dead.status === 401, '… and all that came of this sign-in is dead')
}

const sameTokens = (a: Reply, b: Reply): boolean =>
  ['access_token', 'refresh_token'].every((member) => textOf(a, member) === textOf(b, member))

async function revoking(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter(
    'The shop disconnects',
    'Clark connects again — he is still signed in — and then changes his mind.',
  )
  const pkce = newPkce()
  const tokens = await redeem(stage, client, await signIn(stage, await openAuthorization(stage, client, pkce)), pkce)
  const token = textOf(tokens, 'access_token')
  stage.expect((await callApi(stage, '/stepcounts', token)).status === 200, 'connected')
  const revoked = await askToken(stage, client, { token, token_type_hint: 'access_token' }, 'revoke')
  stage.expect(revoked.status === 200, 'revoked (RFC 7009)')
  stage.expect((await callApi(stage, '/stepcounts', token)).status === 401, 'and refused from then on')
}

async function actingForItself(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter('The shop acts for itself', 'Client credentials: no user, no refresh token.')
  const tokens = await askToken(stage, client, { grant_type: 'client_credentials', scope: 'statistics' })
  stage.expect(tokens.status === 200 && tokens.json['refresh_token'] === undefined, 'a token without refresh token')
  const call = await callApi(stage, '/statistics', textOf(tokens, 'access_token'))
  stage.expect(call.status === 200, 'the averages of all members')
}

async function passwords(stage: Stage, client: Client): Promise<void> {
  stage.printer.chapter(
    'A legacy client uses a password',
    'The operator registers a user, whom the gateway then checks.',
  )
  const user = { username: 'annie', password: 'a long walk before breakfast' }
  const headers = { authorization: stage.adminSecret }
  const registered = await stage.say('POST', `${stage.admin}/api/users`, { headers, body: user })
  stage.expect(registered.status === 201, 'registered')
  const tokens = await askToken(stage, client, { grant_type: 'password', ...user })
  const call = await callApi(stage, '/stepcounts', textOf(tokens, 'access_token'))
  stage.expect(call.json['user'] === 'annie', 'Annie’s steps')
  const wrong = await askToken(stage, client, { grant_type: 'password', ...user, password: 'guess' })
  stage.expect(wrong.status === 400 && wrong.json['error'] === 'invalid_grant', 'a wrong password is refused')
}

async function openDoors(stage: Stage): Promise<void> {
  stage.printer.chapter(
    'What needs no token',
    'Operations with “security: []” are open, and so is the bare API in echo.json.',
  )
  const about = await callApi(stage, '/about')
  stage.expect(about.status === 200, 'an open operation')
  const headers = { 'x-authenticated-userid': 'clark' }
  const echo = await stage.say('GET', `${stage.gateway}/echo/hello`, { headers })
  const seen = JSON.stringify(echo.json['headers'] ?? {})
  stage.expect(echo.status === 200 && !seen.includes('x-authenticated-userid'), 'nobody can claim to be a user')
}
