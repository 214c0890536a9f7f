import { join } from 'node:path'
import { type Agent, adminCall, registerAgent } from '../_kit/agent.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'
import { startUpstream } from './nginx.ts'
import { type Bar, barLine, isKept } from './report.ts'
import { type ServerProcess, startNode } from './server-process.ts'

const PROGRAM = join(import.meta.dirname, 'peers/gatehouse-on.ts')
const TOKENS = 100_000
const AT_ONCE = 64

/** A client with very many tokens: listing and ending them, and what others feel of it; true when the bars are kept. */
export async function benchScale(folder: string): Promise<boolean> {
  const server = await startRedis(['--appendonly', 'yes'])
  const upstream = await startUpstream(folder)
  const bars: Bar[] = []
  try {
    for (const store of [server.url.replace(/\?.*/, ''), `sqlite:${join(folder, 'scale.db')}`]) {
      const gateway = await startNode('Gatehouse', PROGRAM, [folder, upstream.url, store])
      try {
        bars.push(...(await measured(gateway, store.startsWith('sqlite') ? undefined : server)))
      } finally {
        await gateway.stop()
      }
    }
  } finally {
    await Promise.all([upstream, server].map((one) => one.stop()))
  }
  console.log(`\nA client with ${TOKENS.toLocaleString('en-US')} access tokens`)
  for (const bar of bars) console.log(barLine(bar))
  return bars.every(isKept)
}

async function measured(gateway: ServerProcess, redis: RedisServer | undefined): Promise<readonly Bar[]> {
  const { adminUrl = '', adminSecret = '' } = gateway.facts
  const api = { url: `${gateway.url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  const [heavy, other] = [await registerAgent(api), await registerAgent(api)]
  const before = await memoryOf(redis)
  const last = await issueMany(heavy)
  const each = ((await memoryOf(redis)) - before) / TOKENS
  const neighbour = watchNeighbour(other)
  const pages = await listAll(heavy)
  const ending = performance.now()
  await adminCall(api, 'POST', `/api/apis/oauth/${heavy.client.clientId}/revoke_all`)
  const ended = performance.now() - ending
  const { status } = await heavy.call('/stepcounts', last)
  if (status !== 401) throw new Error(`a revoked token gets ${status}`)
  const felt = await neighbour.stop()
  const on = redis ? 'Redis' : 'SQLite'
  return [
    {
      what: `${on}: milliseconds of a page of 100, 99th percentile of ${pages.length}`,
      value: percentile(pages),
      atMost: 50,
    },
    { what: `${on}: milliseconds to end all of them`, value: ended, atMost: 50 },
    { what: `${on}: milliseconds of another client's requests meanwhile, 99th percentile`, value: felt, atMost: 50 },
    ...(redis
      ? [{ what: 'Redis: bytes for each token, its place in the index included', value: each, atMost: 350 }]
      : []),
  ]
}

const percentile = (times: readonly number[]): number =>
  [...times].sort((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? 0

async function memoryOf(redis: RedisServer | undefined): Promise<number> {
  const info = await redis?.admin().info('memory')
  return Number(/used_memory:(\d+)/.exec(info ?? '')?.[1] ?? 0)
}

/** Resolves to the last one. */
async function issueMany(agent: Agent): Promise<string> {
  let left = TOKENS
  let last = ''
  const issuer = async (): Promise<void> => {
    while (left-- > 0) last = (await agent.clientCredentials('statistics')).accessToken
  }
  await Promise.all(Array.from({ length: AT_ONCE }, issuer))
  return last
}

/** Milliseconds of each page. */
async function listAll({ api, client }: Agent): Promise<readonly number[]> {
  const times: number[] = []
  let seen = 0
  let after = ''
  do {
    const began = performance.now()
    const path = `/api/apis/oauth/${api.apiId}/${client.clientId}/tokens?limit=100${after}`
    const { json } = await adminCall(api, 'GET', path)
    times.push(performance.now() - began)
    seen += (json['data'] as readonly unknown[]).length
    after = typeof json['next'] === 'string' ? `&after=${encodeURIComponent(json['next'])}` : ''
  } while (after !== '')
  if (seen !== TOKENS) throw new Error(`${seen} tokens were listed`)
  return times
}

/** Another client goes about its business; what it waits for an answer. */
function watchNeighbour(agent: Agent) {
  const times: number[] = []
  let stopped = false
  const running = (async () => {
    while (!stopped) {
      const began = performance.now()
      await agent.clientCredentials('statistics')
      times.push(performance.now() - began)
    }
  })()
  return {
    async stop(): Promise<number> {
      stopped = true
      await running
      return percentile(times)
    },
  }
}
