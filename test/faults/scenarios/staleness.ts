import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, adminCall, basic } from '../../_kit/agent.ts'
import { startRedis } from '../../_kit/redis.ts'
import { settleAccount } from '../account.ts'
import { type Fleet, startFleet, USER } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { STALENESS, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

/** How a token can be ended. */
const WAYS = ['token', 'grant', 'subject', 'client'] as const
type Way = (typeof WAYS)[number]

/** Three gateways on one Redis under load; a revocation at one is timed at all of them, from its acknowledgement on. */
export const staleness: Scenario = {
  name: 'load through three gateways on one Redis, with revocations in the middle',
  async run(t, effort) {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const fleet = await startFleet(t, 3, redis.url)
    const ledger = newLedger()
    const traffic = startTraffic(fleet, ledger, { issuers: 2, checkers: 6, revokers: 1, pause: 50 })
    const samples = new Map<Way, number[]>(WAYS.map((way) => [way, []]))
    for (let round = 0; round < Math.ceil(60 * effort); round++) {
      for (const way of WAYS) {
        // What ends a client or a subject would end the tokens of the traffic as well: those have their own.
        samples.get(way)?.push(...(await timed(fleet, way, round)))
      }
    }
    await traffic.stop()
    const account = await settleAccount(fleet, ledger)
    const lines = [...samples].map(([way, all]) => `${way.padEnd(7)} ${distribution(all)}`)
    const worst = Math.max(...[...samples.values()].flat())
    const broken = worst > STALENESS ? [`a revoked token was taken for ${Math.round(worst)} ms`] : []
    return { lines: ['staleness at each gateway:', ...lines, ...account.lines], broken: [...account.broken, ...broken] }
  },
}

/** Milliseconds from the acknowledgement until each gateway refuses a token that all of them had in memory. */
async function timed(fleet: Fleet, way: Way, round: number): Promise<readonly number[]> {
  const at = round % fleet.agents.length
  const agent = fleet.agents[at] as Agent
  const own = await ownClient(agent, way, round)
  const { accessToken, user } = own
  for (const one of fleet.agents) {
    const { status } = await one.call('/stepcounts', accessToken)
    if (status !== 200) throw new Error(`a fresh token gets ${status}`)
  }
  await end(agent, way, own, user)
  const acknowledged = performance.now()
  return Promise.all(
    fleet.agents.map(async (one) => {
      for (;;) {
        const asked = performance.now()
        if ((await one.call('/stepcounts', accessToken)).status === 401) return asked - acknowledged
        await sleep(2)
      }
    }),
  )
}

interface Own {
  readonly accessToken: string
  readonly refreshToken: string
  readonly clientId: string
  readonly clientSecret: string
  readonly user: string
}

async function ownClient({ api }: Agent, way: Way, round: number): Promise<Own> {
  const user = way === 'subject' ? `walker-${round}` : USER.username
  if (way === 'subject') await adminCall(api, 'POST', '/api/users', { username: user, password: USER.password })
  const registered = await adminCall(api, 'POST', `/api/apis/oauth/${api.apiId}`, {
    redirect_uris: ['https://shop.example/callback'],
  })
  const [clientId, clientSecret] = [String(registered.json['client_id']), String(registered.json['client_secret'])]
  const form = { grant_type: 'password', username: user, password: USER.password }
  const headers = { authorization: basic(clientId, clientSecret) }
  const body = new URLSearchParams(form)
  const response = await fetch(`${api.url}/oauth/token`, { method: 'POST', headers, body })
  const tokens = (await response.json()) as Readonly<Record<string, string>>
  return {
    accessToken: tokens['access_token'] ?? '',
    refreshToken: tokens['refresh_token'] ?? '',
    clientId,
    clientSecret,
    user,
  }
}

async function end({ api }: Agent, way: Way, own: Own, user: string): Promise<void> {
  const headers = { authorization: basic(own.clientId, own.clientSecret) }
  const revoked = (token: string) =>
    fetch(`${api.url}/oauth/revoke`, { method: 'POST', headers, body: new URLSearchParams({ token }) })
  const ways: Readonly<Record<Way, () => Promise<{ readonly status: number }>>> = {
    token: () => revoked(own.accessToken),
    grant: () => revoked(own.refreshToken),
    subject: () => adminCall(api, 'DELETE', `/api/apis/${api.apiId}/users/${user}/grants`),
    client: () => adminCall(api, 'DELETE', `/api/apis/oauth/${api.apiId}/${own.clientId}`),
  }
  const { status } = await ways[way]()
  if (status !== 200 && status !== 204) throw new Error(`ending the ${way} was answered ${status}`)
}

/** Percentiles in whole milliseconds. */
function distribution(samples: readonly number[]): string {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${sorted.length} measured)`
}
