import test, { type ExecutionContext } from 'ava'
import { newBrowser } from '../../examples/demo/browser.ts'
import { startIdentityServer } from '../../examples/identity-server/main.ts'
import { startReceiver } from '../../examples/receiver/main.ts'
import { startStepOn } from '../../examples/step-on/main.ts'
import { type Agent, registerAgent, tokensOf } from '../_kit/agent.ts'
import { RECEIVER_SECRET, stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { PATIENCE } from '../_kit/until.ts'
import { forTest } from '../_kit/world.ts'

const VERIFIER_SECRET = 'the-secret-of-the-verifier'

/** The sample with all its neighbours, each a real server. */
async function world(t: ExecutionContext) {
  const stepOn = await forTest(t, startStepOn({ liveInterval: 5 }))
  const receiver = await forTest(t, startReceiver({ secret: RECEIVER_SECRET }))
  // The gateway's document names the identity server, which asks the gateway: it learns the address when it is there.
  const address = { adminUrl: '', adminSecret: '', apiId: 'step-on' }
  const identity = await forTest(t, startIdentityServer(Object.assign(address, { verifierSecret: VERIFIER_SECRET })))
  const neighbours = { upstream: stepOn.url, login: `${identity.url}/login`, receiver: `${receiver.url}/hooks` }
  const passwordVerifier = { url: `${identity.url}/verify-password`, sharedSecret: VERIFIER_SECRET }
  const gateway = await gatewayFor(t, {
    documents: { 'step-on.json': stepOnDocument(neighbours, { passwordVerifier }) },
  })
  address.adminUrl = gateway.adminUrl
  address.adminSecret = gateway.adminSecret
  return { gateway, receiver, agent: await registerAgent(gateway.api('step-on', '/stepon'), { name: 'Shoe Fly Shoe' }) }
}

/** Through the pages of the identity server, with a browser. */
async function signInByHand(agent: Agent, verdict: 'accept' | 'deny') {
  const browser = newBrowser()
  const { page, verifier } = await agent.authorize({ scope: 'step_counts user_profile', state: 's' })
  const login = await browser.open(page.location ?? '')
  const signedIn = await browser.submit(login, { fields: { username: 'clark', password: 'clark-walks' } })
  const consent = await browser.open(signedIn.location ?? '')
  const back = await browser.submit(consent, { button: verdict })
  return { consent, back: new URL(back.location ?? ''), verifier }
}

test('a user signs in, allows, and the client reads steps; the receiver hears of it', async (t) => {
  const { agent, receiver } = await world(t)
  const { consent, back, verifier } = await signInByHand(agent, 'accept')
  t.true(consent.body.includes('Allow Shoe Fly Shoe to use your account?'))
  const code = back.searchParams.get('code') ?? ''
  const { redirectUri } = agent.client
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const tokens = tokensOf(await agent.token(form))
  t.is((await agent.call('/stepcounts', tokens.accessToken)).json['user'], 'clark')
  const { body } = await receiver.waitFor((one) => one.body['new_oauth_token'] === tokens.accessToken, PATIENCE)
  t.is(body['auth_code'], code)
})

test('a user who denies sends the client home with access_denied', async (t) => {
  const { agent } = await world(t)
  const { back } = await signInByHand(agent, 'deny')
  t.is(back.searchParams.get('error'), 'access_denied')
  t.is(back.searchParams.get('state'), 's')
})

test('the password grant asks the team’s own verifier, with a signed question', async (t) => {
  const { agent } = await world(t)
  const { accessToken } = tokensOf(await agent.password('bob', 'bob-walks'))
  t.is((await agent.call('/stepcounts', accessToken)).json['user'], 'bob')
  t.like((await agent.password('bob', 'wrong')).json, { error: 'invalid_grant' })
})

test('server-sent events come through one by one', async (t) => {
  const { agent } = await world(t)
  const { accessToken } = await agent.signIn('annie')
  const feed = await agent.call('/stepcounts/live?limit=3', accessToken)
  t.is(feed.headers.get('content-type'), 'text/event-stream')
  t.is(feed.text.match(/event: step/g)?.length, 3)
})

test('no secret, code or token is in the log of all that', async (t) => {
  const { agent, gateway } = await world(t)
  const { back, verifier } = await signInByHand(agent, 'accept')
  const code = back.searchParams.get('code') ?? ''
  const { redirectUri, clientSecret = '' } = agent.client
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier }
  const tokens = tokensOf(await agent.token(form))
  await agent.call('/stepcounts?secret-query=1', tokens.accessToken)
  await agent.password('bob', 'bob-walks')
  const log = JSON.stringify(gateway.log)
  for (const secret of [
    code,
    clientSecret,
    tokens.accessToken,
    tokens.refreshToken ?? '',
    'bob-walks',
    'secret-query',
  ]) {
    t.false(log.includes(secret), secret)
  }
})
