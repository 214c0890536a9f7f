import test, { type ExecutionContext } from 'ava'
import { Secret } from '../../src/core/secret.ts'
import { type Agent, type Answer, adminCall, basic, registerAgent, registerUser, tokensOf } from '../_kit/agent.ts'
import { decided } from '../_kit/decided.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const MASTER_KEY = new Secret(Buffer.alloc(32, 7).toString('base64'))
const USER = { username: 'walker', password: 'a password of some length' }

interface World {
  readonly redis: RedisServer
  readonly gateway: TestGateway
  readonly agent: Agent
}

async function world(t: ExecutionContext): Promise<World> {
  const redis = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
  t.teardown(() => redis.stop())
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, {
    documents: { 'step-on.json': stepOnDocument({ upstream: upstream.url }) },
    settings: { store: redis.url.replace(/\?.*/, '?timeout=1000'), masterKey: MASTER_KEY },
  })
  const agent = await registerAgent(gateway.api('step-on', '/stepon'))
  await registerUser(agent.api, USER)
  return { redis, gateway, agent }
}

/** Asserts that an answer says "later", not "no". */
function later(t: ExecutionContext, answer: Answer, what: string): void {
  t.is(answer.status, 503, `${what}: ${answer.text}`)
  t.regex(answer.headers.get('retry-after') ?? '', /^\d+$/, what)
  t.notRegex(answer.text, /invalid_/, what)
}

const outages = {
  'that is frozen': (redis: RedisServer) => redis.signal('SIGSTOP'),
  'that is killed': (redis: RedisServer) => redis.signal('SIGKILL'),
}
const recoveries = {
  'that is frozen': (redis: RedisServer) => redis.signal('SIGCONT'),
  'that is killed': (redis: RedisServer) => redis.restart(),
}

for (const kind of ['that is frozen', 'that is killed'] as const) {
  test(`a store ${kind}: 503 and Retry-After for whatever depends on it, the rest goes on, and nothing is restarted`, async (t) => {
    const { redis, gateway, agent } = await world(t)
    // This store is given a second, and every write waits for the disk: on a busy machine that may come to a 503.
    const ownToken = () => agent.token({ grant_type: 'client_credentials', scope: 'statistics' })
    const { accessToken: warm } = tokensOf(await decided(ownToken))
    const { accessToken: cold } = tokensOf(await decided(ownToken))
    const password = () => agent.password(USER.username, USER.password)
    const { refreshToken = '' } = tokensOf(await decided(password))
    t.is((await decided(() => agent.call('/statistics', warm))).status, 200)

    await outages[kind](redis)
    const began = performance.now()
    t.is((await agent.call('/about')).status, 200)
    const atOnce = await agent.call('/statistics', warm)
    if (performance.now() - began < 1500) t.is(atOnce.status, 200, 'what was just heard of is still believed')
    const asked = performance.now()
    later(t, await agent.call('/statistics', cold), 'a token that was never seen')
    t.true(performance.now() - asked < 15_000, 'no request waits long for a store that says nothing')
    later(t, await agent.token({ grant_type: 'client_credentials' }), 'issuing')
    later(t, await agent.refresh(refreshToken), 'refreshing')
    later(t, await password(), 'a password')
    later(t, await adminCall(agent.api, 'GET', '/api/apis/oauth/step-on'), 'the admin API')
    later(t, await revoke(agent, cold), 'revoking')
    later(t, await adminCall(gateway, 'GET', '/ready'), 'readiness')
    t.is((await adminCall(gateway, 'GET', '/health')).status, 200)
    t.regex(
      (await adminCall(gateway, 'GET', '/metrics')).text,
      /^gatehouse_store_failures_total\{call="commit"\} [1-9]/m,
    )
    await until(async () => performance.now() - began > 2500)
    later(t, await agent.call('/statistics', warm), 'a token that may have been revoked meanwhile')
    t.is((await agent.call('/statistics', 'gat_nonsense')).status, 401, 'garbage is garbage')
    t.is((await agent.call('/about')).status, 200)

    await recoveries[kind](redis)
    const back = performance.now()
    await until(async () => (await adminCall(gateway, 'GET', '/ready')).status === 200)
    t.log(`ready ${Math.round(performance.now() - back)} ms after the store was back`)
    for (const token of [warm, cold]) t.is((await decided(() => agent.call('/statistics', token))).status, 200)
    t.is((await decided(() => agent.refresh(refreshToken))).status, 200)
    t.is((await decided(ownToken)).status, 200)
  })
}

async function revoke({ api, client }: Agent, token: string): Promise<Answer> {
  const headers = { authorization: basic(client.clientId, client.clientSecret ?? '') }
  const response = await fetch(`${api.url}/oauth/revoke`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ token }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: {} }
}
