import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { type Agent, adminCall, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { type Received, startReceiver } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const USERS = '/api/apis/step-on/users/ann/grants'

async function notifying(t: ExecutionContext, notifications: object = {}) {
  const receiver = await startReceiver()
  t.teardown(() => receiver.close())
  const at = (path: string): string => receiver.url.replace('/hook', path)
  const settings = { onKeyChangeUrl: receiver.url, sharedSecret: SECRET, ...notifications }
  const everything = { name: 'audit', url: at('/audit'), sharedSecret: SECRET, events: ['*'], clientCredentials: true }
  const endpoints = [
    { ...everything, includeTokens: false },
    { name: 'clients', url: at('/clients'), sharedSecret: SECRET, events: ['oauth.client.created'] },
  ]
  const oauth = { notifications: { ...settings, endpoints }, refreshTokenGrace: '0s' }
  const document = stepOnDocument({ upstream: 'http://127.0.0.1:9', login: 'http://127.0.0.1:9/login' }, oauth)
  const gateway = await gatewayFor(t, { documents: { 'step-on.json': document } })
  const api = gateway.api('step-on', '/stepon')
  return { receiver, gateway, api, agent: await registerAgent(api) }
}

const typesAt = (received: readonly Received[], path: string): readonly string[] =>
  received.filter((one) => one.path === path).map(({ body }) => String(JSON.parse(body).type))

test('through a started gateway: all that happens to tokens, grants and clients is told to whoever asked for it', async (t) => {
  const { receiver, agent, api, gateway } = await notifying(t)
  const { clientId } = agent.client
  const admin = (method: string, path: string, body?: object) => adminCall(api, method, path, body)

  const first = await agent.signIn('ann')
  const second = await agent.refresh(first.refreshToken ?? '')
  await agent.refresh(first.refreshToken ?? '') // a replay
  await replayCode(agent)
  await agent.clientCredentials('statistics')
  const third = await agent.signIn('ann')
  await revoke(agent, third.refreshToken ?? '')
  const fourth = await agent.signIn('ann')
  await admin('POST', `/api/apis/oauth/${clientId}/revoke`, new URLSearchParams({ token: fourth.refreshToken ?? '' }))
  await agent.signIn('ann')
  t.deepEqual((await admin('DELETE', USERS)).json, { revoked: 1 })
  await agent.signIn('bob')
  t.is((await admin('POST', `/api/apis/oauth/${clientId}/revoke_all`)).status, 200)
  t.is((await admin('POST', `/api/apis/oauth/step-on/${clientId}/rotate`, {})).status, 200)
  const body = { redirect_uris: [agent.client.redirectUri], name: 'Another name' }
  t.is((await admin('PUT', `/api/apis/oauth/step-on/${clientId}`, body)).status, 200)
  t.is((await admin('DELETE', `/api/apis/oauth/step-on/${clientId}`)).status, 204)

  const counted = {
    'oauth.client.created': 1,
    'oauth.client.deleted': 1,
    'oauth.client.rotated': 1,
    'oauth.client.updated': 1,
    'oauth.grant.revoked': 6,
    'oauth.token.issued': 7,
    'oauth.token.refreshed': 1,
    'oauth.token.revoked': 7,
  }
  // 25 to the audit, 7 to the hook and 1 about the client: each has a queue of its own.
  await until(() => receiver.received.length >= 33)
  const audit = typesAt(receiver.received, '/audit')
  t.deepEqual(
    Object.fromEntries(Object.keys(counted).map((type) => [type, audit.filter((one) => one === type).length])),
    counted,
  )
  t.deepEqual(new Set(typesAt(receiver.received, '/hook')), new Set(['oauth.token.issued', 'oauth.token.refreshed']))
  t.is(typesAt(receiver.received, '/hook').length, 7, 'without the token of the client itself')
  t.deepEqual(typesAt(receiver.received, '/clients'), ['oauth.client.created'])

  const reasons = receiver.received.flatMap(({ body: text }) => JSON.parse(text).data.reason ?? [])
  t.deepEqual(reasons.toSorted(), ['admin', 'admin', 'client', 'code_replay', 'refresh_replay', 'user'])
  const secret = new Webhook(SECRET)
  for (const { body: text, headers } of receiver.received)
    t.notThrows(() => secret.verify(text, headers as Record<string, string>))
  t.is(
    new Set(receiver.received.map(({ id }) => id)).size,
    receiver.received.length,
    'each once, each with an id of its own',
  )

  const tokens = [first, third, fourth].flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken ?? ''])
  tokens.push(String(second.json['access_token']))
  const hook = receiver.received.filter(({ path }) => path === '/hook').map(({ body: text }) => text)
  const others = receiver.received.filter(({ path }) => path !== '/hook').map(({ body: text }) => text)
  for (const token of tokens) {
    t.true(hook.join().includes(token), 'who asked for tokens gets them')
    t.false(others.join().includes(token), 'the others get ids')
    t.false(JSON.stringify(gateway.log).includes(token))
  }
})

async function replayCode(agent: Agent): Promise<void> {
  const { challenge, verifier } = await agent.authorize()
  const code = (await agent.decide(challenge ?? '', 'ann')).searchParams.get('code') ?? ''
  const form = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: agent.client.redirectUri,
    code_verifier: verifier,
  }
  await agent.token(form)
  await agent.token(form)
}

async function revoke({ api, client }: Agent, token: string): Promise<void> {
  const body = new URLSearchParams({ token, client_id: client.clientId, client_secret: client.clientSecret ?? '' })
  await fetch(`${api.url}/oauth/revoke`, { method: 'POST', body })
}
