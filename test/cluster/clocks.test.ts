import test, { type ExecutionContext } from 'ava'
import { type Clock, systemClock } from '../../src/core/clock.ts'
import { silentLog } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { openStore } from '../../src/store/index.ts'
import { adminCall, agentOf, registerAgent, tokensOf } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startRedis } from '../_kit/redis.ts'
import { slowLink } from '../_kit/slow-link.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

/** A clock of a machine that is set wrongly. */
const wrongBy = (milliseconds: number): Clock => ({
  now: () => systemClock.now() + milliseconds,
  after: systemClock.after,
})

async function twoGateways(t: ExecutionContext) {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const upstream = await forTest(t, startUpstream())
  const start = async (skew: number) => {
    const gateway = await gatewayFor(t, {
      documents: { 'step-on.json': stepOnDocument({ upstream: upstream.url, login: 'https://login.example/' }) },
      settings: { store: redis.url, masterKey: new Secret(Buffer.alloc(32, 7).toString('base64')) },
      deps: { clock: wrongBy(skew) },
    })
    return gateway.api('step-on', '/stepon')
  }
  return { ahead: await start(90_000), behind: await start(-90_000) }
}

test('gateways whose clocks are minutes apart go by that of Redis: who revokes later has the last word', async (t) => {
  const { ahead, behind } = await twoGateways(t)
  const agent = await registerAgent(ahead)
  const there = agentOf(behind, agent.client)
  const { accessToken } = await agent.clientCredentials('statistics')
  t.is((await there.call('/statistics', accessToken)).status, 200)
  t.is((await adminCall(behind, 'POST', `/api/apis/oauth/${agent.client.clientId}/revoke_all`)).status, 200)
  for (const one of [agent, there]) {
    await until(async () => (await one.call('/statistics', accessToken)).status === 401)
  }
  const fresh = await there.clientCredentials('statistics')
  t.is((await agent.call('/statistics', fresh.accessToken)).status, 200, 'what is issued afterwards is good')
})

test('a code that one gateway gives out is good at another, whatever their clocks say', async (t) => {
  const { ahead, behind } = await twoGateways(t)
  const agent = await registerAgent(behind)
  const { challenge = '', verifier } = await agent.authorize({ scope: 'step_counts' })
  const code = (await agent.decide(challenge, 'clark')).searchParams.get('code') ?? ''
  const redirect = { redirect_uri: agent.client.redirectUri, code_verifier: verifier }
  const there = agentOf(ahead, agent.client)
  const { accessToken } = tokensOf(await there.token({ grant_type: 'authorization_code', code, ...redirect }))
  t.is((await agent.call('/stepcounts', accessToken)).status, 200)
})

test('a store that is slow to say what time it is when the gateway starts is gone by all the same', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const slow = await slowLink(t, redis.port, (question) => (question.includes('TIME') ? 150 : 0))
  const url = redis.url.replace(`:${redis.port}`, `:${slow.port}`)
  const store = await openStore(url, { clock: wrongBy(-90_000), log: silentLog })
  const ahead = Number(store.clock?.now()) - systemClock.now()
  t.teardown(() => store.close())
  t.true(Math.abs(ahead) < 45_000, `${ahead} ms`)
})
