import { join } from 'node:path'
import { basic, registerAgent } from '../_kit/agent.ts'
import { startRedis } from '../_kit/redis.ts'
import type { Effort } from './forward.ts'
import { inTurn } from './in-turn.ts'
import type { Load, Measurement } from './load.ts'
import { startUpstream } from './nginx.ts'
import { type Bar, barLine, isKept, table } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

const PROGRAM = join(import.meta.dirname, 'peers/gatehouse-on.ts')
/** As operators are told to set it. */
const PERSISTENT = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction']

interface Rivals {
  readonly sqlite: ServerProcess
  readonly redis: ServerProcess
}

/** What it costs to keep everything in Redis instead of SQLite; true when both bars are kept. */
export async function benchRedis(folder: string, effort: Effort): Promise<boolean> {
  const server = await startRedis(PERSISTENT)
  const upstream = await startUpstream(folder)
  const start = (name: string, store: string) => startNode(name, PROGRAM, [folder, upstream.url, store])
  const sqlite = await start('on SQLite', `sqlite:${join(folder, 'bench.db')}`)
  const redis = await start('on Redis', server.url.replace(/\?.*/, ''))
  try {
    const issued = await compare({ sqlite, redis }, issuing, effort, folder)
    const checked = await compare({ sqlite, redis }, checking, effort, folder)
    return report(issued, checked)
  } finally {
    await Promise.all([sqlite, redis, upstream, server].map((one) => one.stop()))
  }
}

type LoadFor = (server: ServerProcess, effort: Effort) => Promise<Load>

const apiOf = ({ url, facts: { adminUrl = '', adminSecret = '' } }: ServerProcess) => ({
  url: `${url}/stepon`,
  adminUrl,
  adminSecret,
  apiId: 'step-on',
})

/** Tokens of the client credentials grant. */
const issuing: LoadFor = async (server, effort) => {
  const { api, client } = await registerAgent(apiOf(server))
  const authorization = basic(client.clientId, client.clientSecret ?? '')
  return {
    url: `${api.url}/oauth/token`,
    method: 'POST',
    headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
    body: 'grant_type=client_credentials&scope=statistics',
    ...effort,
  }
}

/** A request whose token is in memory. */
const checking: LoadFor = async (server, effort) => {
  const agent = await registerAgent(apiOf(server))
  const { accessToken } = await agent.signIn('clark', { scope: 'step_counts' })
  return { url: `${agent.api.url}/stepcounts`, headers: { authorization: `Bearer ${accessToken}` }, ...effort }
}

/** In turns, so that what else the machine does meets both. */
async function compare(rivals: Rivals, loadFor: LoadFor, effort: Effort, folder: string) {
  const servers = [rivals.sqlite, rivals.redis]
  const contenders: (readonly [ServerProcess, Load])[] = []
  for (const server of servers) contenders.push([server, await loadFor(server, effort)])
  return inTurn(contenders, effort, folder)
}

type Results = ReadonlyMap<string, Measurement>

function report(issued: Results, checked: Results): boolean {
  console.log('\nIssuing tokens (client credentials) on Redis (append-only file, one process) and on SQLite')
  console.log(table([...issued].map(([name, measured]) => ({ name, measured }))))
  console.log('\nForwarding a request whose token is in memory')
  console.log(table([...checked].map(([name, measured]) => ({ name, measured }))))
  const cpu = (name: string): number => checked.get(name)?.cpu ?? Number.NaN
  const bars: readonly Bar[] = [
    {
      what: 'tokens that one process issues on Redis in a second',
      value: issued.get('on Redis')?.requestsPerSecond ?? 0,
      atLeast: 6000,
    },
    { what: 'CPU of a checked request on Redis ÷ on SQLite', value: cpu('on Redis') / cpu('on SQLite'), atMost: 1.1 },
  ]
  for (const bar of bars) console.log(barLine(bar))
  return bars.every(isKept)
}
