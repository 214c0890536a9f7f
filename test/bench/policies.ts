import { join } from 'node:path'
import { type ApiUnderTest, adminCall, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from './documents.ts'
import type { Effort } from './forward.ts'
import { type Load, type Measurement, measure, medianOf } from './load.ts'
import { startUpstream } from './nginx.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

const BARE = 'protected'
const FULL = 'all policies'

/**
 * The API of the benchmark with every policy there is. Limits are there to be counted, not to be reached, and the upstream
 * says nothing of caching: each request is looked up in the cache, and goes the whole way.
 */
function withEveryPolicy(document: ReturnType<typeof stepOnDocument>) {
  const { url, ...upstream } = document['x-gateway'].upstream
  return {
    ...document,
    'x-gateway': {
      ...document['x-gateway'],
      upstream: {
        ...upstream,
        loadBalancing: {
          targets: [{ url, weight: 2 }, { url }],
          healthCheck: { active: { path: '/', interval: '1s' } },
        },
        circuitBreaker: { threshold: 0.5 },
        retries: { max: 2 },
      },
      middleware: {
        global: {
          ipAccess: { allow: ['127.0.0.0/8', '::1'], block: ['10.1.2.3'] },
          cors: { allowedOrigins: ['https://app.example.com', 'https://*.example.org'] },
          headers: {
            request: { remove: ['X-Debug'], set: { 'X-Partner': 'acme' } },
            response: { remove: ['Server'], set: { 'Strict-Transport-Security': 'max-age=31536000' } },
          },
          rateLimit: [
            { rate: 1_000_000, per: '1s' },
            { rate: 1_000_000, per: '1s', by: 'ip' },
          ],
          quota: { max: 1_000_000_000, per: 'day' },
          requestSizeLimit: '1mb',
          timeout: '20s',
          cache: {},
        },
        operations: { listStepCounts: { urlRewrite: { path: '/v2/stepcounts', query: { set: { version: '2' } } } } },
      },
    },
  }
}

/** What all policies cost beside none; true when the bar is kept. */
export async function benchPolicies(folder: string, effort: Effort): Promise<boolean> {
  const upstream = await startUpstream(folder)
  const servers = [upstream]
  try {
    const plain = stepOnDocument(upstream.url)
    const contenders: (readonly [ServerProcess, Load])[] = []
    for (const [name, document] of [
      [BARE, plain],
      [FULL, withEveryPolicy(plain)],
    ] as const) {
      const program = join(import.meta.dirname, 'peers/gatehouse.ts')
      const server = await startNode(name, program, [folder, JSON.stringify(document)])
      servers.push(server)
      contenders.push([server, await loadFor(server, effort)])
    }
    const measured = new Map<string, Measurement[]>(contenders.map(([server]) => [server.name, []]))
    // Many short turns, so that some of each fall into a quiet moment of the machine.
    for (let turn = 0; turn <= effort.rounds * effort.seconds; turn++) {
      for (const [server, load] of contenders) {
        const result = await measure(server, { ...load, seconds: turn === 0 ? 2 : 1 }, folder)
        if (turn > 0) measured.get(server.name)?.push(result)
      }
    }
    return report(measured)
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** A request that each gateway answers from the upstream, and that shows its policies at work. */
async function loadFor(server: ServerProcess, effort: Effort): Promise<Load> {
  const { adminUrl = '', adminSecret = '' } = server.facts
  const api = { url: `${server.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  const registration = server.name === FULL ? { policy_id: await createPolicy(api) } : {}
  const { accessToken } = await (await registerAgent(api, registration)).signIn('clark', { scope: 'step_counts' })
  const headers = { authorization: `Bearer ${accessToken}`, origin: 'https://app.example.com' }
  const url = `${api.url}/stepcounts`
  const response = await fetch(url, { headers })
  const names = ['access-control-allow-origin', 'strict-transport-security', 'ratelimit', 'cache-status']
  const shown = names.filter((name) => response.headers.has(name))
  if (response.status !== 200 || shown.length !== (server.name === FULL ? names.length : 0)) {
    throw new Error(`${server.name} answered ${response.status} with ${shown.join(', ') || 'no policy'}`)
  }
  return { url, headers, ...effort }
}

/** A policy of the client, with everything that is decided for each request. */
async function createPolicy(api: ApiUnderTest): Promise<string> {
  const access = [{ api: api.apiId, operations: ['listStepCounts', 'GET /stepcounts/{day}'] }]
  const limits = { rate_limit: { rate: 1_000_000, per: '1m' }, quota: { max: 1_000_000_000, per: 'month' } }
  const answer = await adminCall(api, 'POST', '/api/policies', { access, ...limits, meta_data: { plan: 'gold' } })
  return String(answer.json['id'])
}

/** Whatever else the machine does only adds to what a request costs: the least of the turns is compared. */
function report(results: ReadonlyMap<string, readonly Measurement[]>): boolean {
  console.log('\nForwarding a protected request, without and with every policy (each request reaches the upstream)')
  console.log(table([...results].map(([name, all]) => ({ name, measured: medianOf(all) }))))
  const cpuOf = (name: string): number => Math.min(...(results.get(name) ?? []).map(({ cpu }) => cpu))
  const bar: Bar = { what: 'CPU with all policies ÷ without', value: cpuOf(FULL) / cpuOf(BARE), atMost: 1.25 }
  console.log(barLine(bar))
  return isKept(bar)
}
