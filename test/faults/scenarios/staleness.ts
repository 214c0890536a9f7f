import { setTimeout as sleep } from 'node:timers/promises'
import { type Agent, adminCall, basic } from '../../_kit/agent.ts'
import { startRedis } from '../../_kit/redis.ts'
import { settleAccount } from '../account.ts'
import { type Fleet, startFleet, USER } from '../fleet.ts'
import { newLedger } from '../ledger.ts'
import { SILENCE, SLACK, STALENESS, startTraffic } from '../traffic.ts'
import type { Scenario } from './scenario.ts'

/** How a token can be ended. */
const WAYS = ['token', 'grant', 'subject', 'client'] as const
type Way = (typeof WAYS)[number]

/** Milliseconds within which a revocation must be known everywhere, half of the time within `STALENESS`. */
interface Bounds {
  /** What is timed. */
  readonly worst: number
  /** What the traffic meets. */
  readonly known: number
}

/** Three gateways on one Redis under load; a revocation at one is timed at all of them, from its acknowledgement on. */
const stalenessWithin = ({ worst, known }: Bounds): Scenario => ({
  name: 'load through three gateways on one Redis, with revocations in the middle',
  async run(t, effort) {
    const redis = await startRedis()
    t.teardown(() => redis.stop())
    const fleet = await startFleet(t, 3, redis.url)
    const ledger = newLedger()
    const shape = { issuers: 2, checkers: 6, revokers: 1, pause: 50, known }
    const traffic = startTraffic(fleet, ledger, shape)
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
    const sorted = [...samples.values()].flat().sort((a, b) => a - b)
    const [longest, median] = [percentile(sorted, 1), percentile(sorted, 0.5)]
    const broken = [
      ...(longest > worst ? [`a revoked token was taken for ${longest} ms`] : []),
      ...(median > STALENESS ? [`half of the revoked tokens were taken for ${median} ms`] : []),
    ]
    return { lines: ['staleness at each gateway:', ...lines, ...account.lines], broken: [...account.broken, ...broken] }
  },
})

/** On a machine that has nothing else to do. */
export const staleness = stalenessWithin({ worst: STALENESS, known: STALENESS })

/** Where processes may stand still for seconds: a gateway that hears nothing believes what it remembers for `SILENCE`. */
export const stalenessOnBusyMachine = stalenessWithin({ worst: SILENCE + SLACK, known: SILENCE })

/**
 * For how many milliseconds after the acknowledgement each gateway has certainly taken a token that all of them had in
 * memory: until the last question that was answered 200, not the first refusal, before which the one who asks may have slept.
 */
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
      for (let taken = 0; ; await sleep(2)) {
        const asked = performance.now()
        const { status } = await one.call('/stepcounts', accessToken)
        if (status === 401) return taken
        if (status === 200) taken = asked - acknowledged
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
  const at = (share: number) => percentile(sorted, share)
  return `p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${sorted.length} measured)`
}

/** `share`: 0 to 1. */
const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
