import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

/** A `redis-server` of the test's own. Debian: `apt-get install redis-server`; a missing one fails the test. */
export interface RedisServer {
  /** On which it can be reached, and the store's URL of it. */
  readonly port: number
  readonly url: string
  readonly folder: string
  /** Sends a signal: `SIGKILL`, `SIGSTOP`, `SIGCONT`. Resolves when a killed one is gone. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Starts it again on its data after it was killed. */
  restart(): Promise<void>
  /** A plain connection, to look and to break things. */
  admin(): Redis
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

/** Starts a server on a free port; `settings` as on the command line of redis-server. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'))
  const base = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
  let child = await launch([...base, ...settings], port)
  const connections: Redis[] = []
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    async signal(name) {
      child.kill(name)
      if (name === 'SIGKILL') await gone(child)
    },
    async restart() {
      child = await launch([...base, ...settings], port)
    },
    admin() {
      const connection = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: 1 })
      connection.on('error', () => {}) // servers of tests are killed
      connections.push(connection)
      return connection
    },
    async stop() {
      for (const connection of connections) connection.disconnect()
      child.kill('SIGKILL')
      await gone(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A cluster of masters that share the slots evenly. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly url: string
  stop(): Promise<void>
}

const SLOTS = 16384

export async function startCluster(size = 3): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, startClusterNode))
  const stop = async () => void (await Promise.all(nodes.map((node) => node.stop())))
  try {
    const admins = nodes.map((node) => node.admin())
    await Promise.all(
      admins.map((admin, at) =>
        admin.cluster('ADDSLOTSRANGE', Math.ceil((at * SLOTS) / size), Math.ceil(((at + 1) * SLOTS) / size) - 1),
      ),
    )
    await Promise.all(admins.map((admin, at) => admin.call('CLUSTER', 'SET-CONFIG-EPOCH', String(at + 1))))
    for (const node of nodes) {
      const bus = Number(((await node.admin().config('GET', 'cluster-port')) as string[])[1])
      for (const admin of admins) await admin.call('CLUSTER', 'MEET', '127.0.0.1', String(node.port), String(bus))
    }
    for (const admin of admins) await until(async () => isWhole(String(await admin.cluster('INFO')), size))
  } catch (error) {
    await stop()
    throw error
  }
  return { nodes, url: `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}`, stop }
}

const isWhole = (info: string, size: number): boolean =>
  info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)

async function startClusterNode(): Promise<RedisServer> {
  const settings = [
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    '1000',
    '--cluster-port',
    String(await freePort()),
  ]
  return startRedis(settings)
}

async function launch(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const failed = new Promise<never>((_, reject) => {
    child.on('error', () => reject(new Error('redis-server is missing: apt-get install redis-server')))
    child.on('exit', () => reject(new Error(`redis-server ended: ${output.slice(-500)}`)))
  })
  failed.catch(() => {})
  const probe = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, maxRetriesPerRequest: null })
  probe.on('error', () => {}) // not listening yet
  try {
    await Promise.race([probe.ping(), failed])
  } finally {
    probe.disconnect()
  }
  return child
}

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}

/** Ports that were handed out here: a closed one may be given twice. */
const handedOut = new Set<number>()

async function freePort(): Promise<number> {
  const port = await new Promise<number>((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
  if (handedOut.has(port)) return freePort()
  handedOut.add(port)
  return port
}

/** Asks again every 20 ms until it holds; fails after ten seconds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it did not come true within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
