import { join } from 'node:path'
import { registerAgent } from '../_kit/agent.ts'
import { inTurn } from './in-turn.ts'
import type { Load, Measurement } from './load.ts'
import { startLua, startUpstream } from './nginx.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

export interface Effort {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
}

interface Contender {
  readonly server: ServerProcess
  readonly load: Load
}

/** What it costs to forward a request; true when all bars are kept. */
export async function benchForward(folder: string, effort: Effort): Promise<boolean> {
  const upstream = await startUpstream(folder)
  const servers = [upstream]
  try {
    const contenders = await startContenders(folder, upstream, servers, effort)
    for (const { server, load } of contenders) await proveWorking(server, load)
    const turns = contenders.map(({ server, load }) => [server, load] as const)
    return report(await inTurn(turns, effort, folder))
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

async function startContenders(
  folder: string,
  upstream: ServerProcess,
  servers: ServerProcess[],
  effort: Effort,
): Promise<readonly Contender[]> {
  const started = async (starting: Promise<ServerProcess>): Promise<ServerProcess> => {
    const server = await starting
    servers.push(server)
    return server
  }
  const peers = join(import.meta.dirname, 'peers')
  const gatehouse = await started(startNode('Gatehouse', join(peers, 'gatehouse.ts'), [folder, upstream.url]))
  const { adminUrl = '', adminSecret = '' } = gatehouse.facts
  const api = { url: `${gatehouse.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  const { accessToken } = await (await registerAgent(api)).signIn('clark', { scope: 'step_counts' })
  const luaToken = { token: accessToken, client: 'bench', user: 'clark', scope: 'step_counts' }
  const lua = await started(startLua(folder, upstream.url, luaToken))
  const proxy = await started(startNode('@fastify/http-proxy', join(peers, 'http-proxy.ts'), [upstream.url]))
  const load = (server: ServerProcess, path: string): Contender => ({
    server,
    load: { url: server.url + path, headers: { authorization: `Bearer ${accessToken}` }, ...effort },
  })
  return [
    load(upstream, '/stepcounts'),
    load(lua, '/stepon/stepcounts'),
    load(proxy, '/stepon/stepcounts'),
    load(gatehouse, '/stepon/stepcounts'),
  ]
}

/** A contender that refuses everything would be very fast. */
async function proveWorking(server: ServerProcess, load: Load): Promise<void> {
  const response = await fetch(load.url, { headers: { ...load.headers } })
  if (response.status !== 200) throw new Error(`${server.name} answered ${response.status}: ${await response.text()}`)
  if (server.name === 'upstream' || server.name === '@fastify/http-proxy') return
  const stranger = await fetch(load.url)
  if (stranger.status !== 401) throw new Error(`${server.name} let a stranger in with ${stranger.status}`)
}

function report(results: ReadonlyMap<string, Measurement>): boolean {
  console.log('\nForwarding a request; all but the first two rows of servers run on Node, one process each')
  console.log(table([...results].map(([name, measured]) => ({ name, measured }))))
  const cpuOf = (name: string): number => results.get(name)?.cpu ?? Number.NaN
  const bars: Bar[] = [
    {
      what: 'CPU of Gatehouse ÷ @fastify/http-proxy',
      value: cpuOf('Gatehouse') / cpuOf('@fastify/http-proxy'),
      atMost: 0.75,
    },
    { what: 'CPU of Gatehouse ÷ nginx + Lua', value: cpuOf('Gatehouse') / cpuOf('nginx + Lua'), atMost: 3.5 },
  ]
  for (const bar of bars) console.log(barLine(bar))
  return bars.every(isKept)
}
