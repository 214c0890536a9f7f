import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

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

/**
 * Starts a server on a free port that keeps nothing on disk; `settings` as on the command line of redis-server, such as
 * `--appendonly yes`, and `more` of them that are chosen anew with each port.
 */
export async function startRedis(
  settings: readonly string[] = [],
  more: () => Promise<readonly string[]> = async () => [],
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'))
  const fixed = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no']
  return startServer(folder, async (port) => ['--port', String(port), ...fixed, ...settings, ...(await more())])
}

/** What a server is told at its start, once it is known on which port it listens. */
type Arguments = (port: number) => Promise<readonly string[]>

async function startServer(folder: string, args: Arguments): Promise<RedisServer> {
  const { port, given, first } = await launchSomewhere(args)
  let child = first
  const connections: Redis[] = []
  return {
    port,
    url: `redis://127.0.0.1:${port}/0${PATIENCE}`,
    folder,
    async signal(name) {
      child.kill(name)
      if (name === 'SIGKILL') await gone(child)
    },
    async restart() {
      child = await launch(given, port)
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

/** A master with a replica, and sentinels that watch them. */
export interface RedisSentinels {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly url: string
  /** From now on a server is given up after half a second of silence. */
  hurry(): Promise<void>
  stop(): Promise<void>
}

/** Starts them; until they are told to hurry, a server that stands still on a busy machine stays what it is. */
export async function startSentinels(size = 3): Promise<RedisSentinels> {
  const master = await startRedis(['--repl-diskless-sync-delay', '0'])
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(master.port)])
  await until(async () => (await replica.admin().info('replication')).includes('master_link_status:up'))
  const sentinels = await Promise.all(Array.from({ length: size }, () => startSentinel(master.port)))
  const stop = async () => void (await Promise.all([master, replica, ...sentinels].map((server) => server.stop())))
  const admins = sentinels.map((sentinel) => sentinel.admin())
  for (const admin of admins) {
    await until(async () => {
      const flat = (await admin.call('SENTINEL', 'MASTER', 'main')) as string[]
      const field = (name: string) => Number(flat[flat.indexOf(name) + 1])
      return field('num-other-sentinels') === size - 1 && field('num-slaves') === 1
    })
  }
  const hosts = sentinels.map((sentinel) => `127.0.0.1:${sentinel.port}`).join(',')
  const hurry = async () =>
    void (await Promise.all(
      admins.map((admin) => admin.call('SENTINEL', 'SET', 'main', 'down-after-milliseconds', '500')),
    ))
  return { master, replica, url: `redis+sentinel://${hosts}/main${PATIENCE}`, hurry, stop }
}

async function startSentinel(master: number): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-sentinel-'))
  const config = join(folder, 'sentinel.conf')
  writeFileSync(
    config,
    [
      `sentinel monitor main 127.0.0.1 ${master} 2`,
      'sentinel down-after-milliseconds main 60000',
      'sentinel failover-timeout main 2000',
    ].join('\n'),
  )
  return startServer(folder, async (port) => [config, '--sentinel', '--port', String(port), '--bind', '127.0.0.1'])
}

/** A cluster of masters that share the slots evenly. */
export interface RedisCluster {
  readonly nodes: readonly RedisServer[]
  readonly url: string
  stop(): Promise<void>
}

const SLOTS = 16384

/** A machine that runs all tests at once may be slow to answer: that is not what most tests are about. */
const PATIENCE = '?timeout=10000'

/**
 * Starts one. `silence`: milliseconds after which the others give a node up and, as it has no replica, refuse everything; long
 * unless that is what is tried, because nodes of tests may stand still.
 */
export async function startCluster(size = 3, silence = 15_000): Promise<RedisCluster> {
  const nodes = await Promise.all(Array.from({ length: size }, () => startClusterNode(silence)))
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
  return { nodes, url: `redis+cluster://${nodes.map((node) => `127.0.0.1:${node.port}`).join(',')}${PATIENCE}`, stop }
}

const isWhole = (info: string, size: number): boolean =>
  info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${size}`)

function startClusterNode(silence: number): Promise<RedisServer> {
  const cluster = ['--cluster-enabled', 'yes', '--cluster-node-timeout', String(silence)]
  // Nodes are killed and come back: with `everysec`, what was written last may be lost.
  const persistent = ['--appendonly', 'yes', '--appendfsync', 'always']
  return startRedis([...cluster, ...persistent], async () => ['--cluster-port', String(await freePort())])
}

/** Another process may listen on a port by the time that the server does: then it tries another one. */
async function launchSomewhere(args: Arguments) {
  for (;;) {
    const port = await freePort()
    const given = await args(port)
    try {
      return { port, given, first: await launch(given, port) }
    } catch (error) {
      if (!String(error).includes('Address already in use')) throw error
    }
  }
}

async function launch(args: readonly string[], port: number): Promise<ChildProcess> {
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const failed = new Promise<never>((_, reject) => {
    child.on('error', () => reject(new Error('redis-server is missing: apt-get install redis-server')))
    child.on('close', () => reject(new Error(`redis-server ended: ${output.slice(-500)}`)))
  })
  failed.catch(() => {})
  const probe = new Redis({ host: '127.0.0.1', port, retryStrategy: () => 20, maxRetriesPerRequest: null })
  probe.on('error', () => {}) // not listening yet
  try {
    const isOwn = async () => (await probe.info('server')).includes(`process_id:${child.pid}\r\n`)
    // Should another one listen there, this one ends.
    if (!(await Promise.race([isOwn(), failed]))) await failed
  } finally {
    probe.disconnect()
  }
  return child
}

/** Servers die with the test file, also when that dies of an error. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => child.once('exit', () => resolve()))
}
