import test, { type ExecutionContext } from 'ava'
import { type Agent, adminCall, registerAgent } from '../_kit/agent.ts'
import { handClock } from '../_kit/clock.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startReceiver, status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'

const ENDPOINT = '/api/notifications/endpoints/step-on.oauth.default'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** A started gateway whose clock is moved by hand, seen through its public and its admin address only. */
async function gatewayWith(t: ExecutionContext, notifications: object) {
  const receiver = await startReceiver()
  t.teardown(() => receiver.close())
  const clock = handClock()
  const told = { onKeyChangeUrl: receiver.url, sharedSecret: 'a secret', ...notifications }
  const places = { upstream: 'http://127.0.0.1:9', login: 'http://127.0.0.1:9/login' }
  const gateway = await gatewayFor(t, {
    documents: { 'step-on.json': stepOnDocument(places, { notifications: told }) },
    deps: { clock },
  })
  const api = gateway.api('step-on', '/stepon')
  const endpoint = async () => (await adminCall(api, 'GET', ENDPOINT)).json
  /** Waits until no attempt is under way, then lets time pass, step by step. */
  const pass = async (milliseconds: number, step: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= step) {
      await clock.advance(Math.min(step, left))
      await until(async () => (await endpoint())['in_flight'] === 0)
    }
  }
  return { receiver, gateway, clock, api, agent: await registerAgent(api), endpoint, pass }
}

test('a full outbox whose policy is to refuse: tokens are 503 with Retry-After, nothing is used up, and all else goes on', async (t) => {
  const world = await gatewayWith(t, { capacity: 4, atCapacity: 'refuse', events: ['*'] })
  const { agent, api, receiver, gateway, pass } = world
  receiver.reply = status(500)
  const [first] = [await agent.signIn('ann'), await agent.signIn('ann'), await agent.signIn('ann')]
  const redemption = await authorized(agent)
  const refused = await agent.token(redemption)
  t.is(refused.status, 503)
  t.is(refused.json['error'], 'temporarily_unavailable')
  t.true(Number(refused.headers.get('retry-after')) > 0)
  t.false(refused.text.includes('notify'))
  t.is((await agent.refresh(first?.refreshToken ?? '')).status, 503)
  t.is(
    (await agent.token({ grant_type: 'client_credentials', scope: 'statistics' })).status,
    200,
    'nobody is told of it',
  )

  const revoked = await adminCall(api, 'DELETE', '/api/apis/step-on/users/bob/grants')
  t.is(revoked.status, 200)
  const rotated = await adminCall(api, 'POST', `/api/apis/oauth/step-on/${agent.client.clientId}/rotate`, {
    grace: '1h',
  })
  t.is(rotated.status, 200, 'what ends or changes something is told later, and not put off')
  await pass(6000, 1000)
  t.true(gateway.log.some(({ level, message }) => level === 'error' && message.includes('100 % of its capacity')))
  t.like(await world.endpoint(), { undelivered: 5, capacity: 4, at_capacity: 'refuse' })

  receiver.reply = status(204)
  await pass(40_000, 1000)
  t.is((await world.endpoint())['undelivered'], 0)
  t.is((await agent.token(redemption)).status, 200, 'the code was not used up')
  t.is((await agent.refresh(first?.refreshToken ?? '')).status, 200, 'nor the refresh token')
})

async function authorized(agent: Agent) {
  const { challenge, verifier } = await agent.authorize()
  const code = (await agent.decide(challenge ?? '', 'ann')).searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', code, redirect_uri: agent.client.redirectUri, code_verifier: verifier }
}

test('a receiver that is down for 26 hours: one probe now and then; then a ramp, and everything arrives once', async (t) => {
  const { agent, receiver, gateway, endpoint, pass } = await gatewayWith(t, { maxInFlight: 6 })
  receiver.reply = status(500)
  const issued: string[] = []
  for (let hour = 0; hour < 26; hour++) {
    for (let token = 0; token < 3; token++) issued.push((await agent.signIn('ann')).accessToken)
    await pass(HOUR, 10 * MINUTE)
  }
  const probes = receiver.received.length
  t.true(probes < 26 * 15 + 20, `${probes} attempts for ${issued.length} events`)
  t.like(await endpoint(), { state: 'waiting', undelivered: issued.length })
  t.true(gateway.log.some(({ level, message }) => level === 'warn' && message.includes('deliveries wait')))

  receiver.reply = (response) => void setTimeout(() => response.writeHead(204).end(), 3)
  await pass(10 * MINUTE, 5000)
  t.like(await endpoint(), { state: 'ok', undelivered: 0 })
  const after = receiver.received.slice(probes)
  const open = after.map((request) => request.open)
  t.is(open[0], 1, 'one at first')
  t.true(
    open.slice(0, 10).every((count) => count < 5),
    open.join(' '),
  )
  t.true(Math.max(...open) <= 6)
  t.is(after.length, issued.length, 'each once')
  const arrived = new Set(after.map(({ body }) => String(JSON.parse(body).new_oauth_token)))
  t.deepEqual(
    issued.filter((token) => !arrived.has(token)),
    [],
  )
  const bodies = Map.groupBy(receiver.received, ({ id }) => id)
  t.true(
    [...bodies.values()].every((same) => new Set(same.map(({ body }) => body)).size === 1),
    'the bytes never change',
  )
})
