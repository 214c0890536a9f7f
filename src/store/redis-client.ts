import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Script } from './redis-scripts.ts'
import type { RedisLocation } from './redis-url.ts'
import { StoreUnavailable } from './store.ts'

export type Argument = string | Buffer | number

/** A connection to Redis that answers soon or says that it cannot. */
export interface RedisClient {
  /** Whether one script can reach only one slot. */
  readonly cluster: boolean
  /** The answer to a command; texts come as buffers. Throws `StoreUnavailable`. */
  call(command: string, ...args: readonly Argument[]): Promise<unknown>
  run(script: Script, keys: readonly Argument[], args: readonly Argument[]): Promise<unknown>
  /** Runs a command on every master. */
  onMasters(command: string, ...args: readonly string[]): Promise<readonly unknown[]>
  /** The names of all keys, those of one scan step at a time, some perhaps twice. Not for the path of a request. */
  names(): AsyncIterable<readonly Buffer[]>
  /** Resolves when the connection is (again) there; rejects with `StoreUnavailable` once the client is closed. */
  ready(): Promise<void>
  close(): Promise<void>
}

const CONNECT_TIMEOUT = 1000
/** Milliseconds of silence, while an answer is due, after which a connection is given up: a cut network says nothing. */
const SILENCE = 2000
/** Milliseconds before a client that gave up connecting is told to connect again. */
const AGAIN = 100
const retryDelay = (times: number): number => Math.min(times * 50, 500)

/**
 * Connects, and goes on trying for as long as the client lives. Commands are never repeated by themselves, and none waits
 * for a connection that is not there. `blocking`: for commands that wait on the server.
 */
export function connectRedis(location: RedisLocation, log: Log, blocking = false): RedisClient {
  const client = location.topology === 'cluster' ? openCluster(location, blocking) : openSingle(location, blocking)
  let lastError = ''
  const life = new AbortController()
  client.on('error', (error: Error) => {
    if (error.message !== lastError) log.warn({ error: error.message }, 'no connection to Redis')
    lastError = error.message
  })
  client.on('ready', () => {
    if (lastError !== '') log.info({}, 'connected to Redis again')
    lastError = ''
  })
  // It gives up for good when sentinels tell of a failover while it is asking one of them for the master.
  client.on('end', () => {
    if (life.signal.aborted) return
    systemClock.after(AGAIN, () => life.signal.aborted || client.connect().catch(() => {}))
  })
  const limit = blocking ? undefined : location.timeout + CONNECT_TIMEOUT
  return wrap(client, limit, life.signal, async () => {
    life.abort()
    // What was asked already gets its answer; a server that is silent is not waited for, nor is the bell.
    if (!blocking && client.status === 'ready') await client.quit().catch(() => {})
    client.disconnect()
  })
}

/** `limit`: milliseconds that a command may wait for a cluster. */
function wrap(
  client: Redis | Cluster,
  limit: number | undefined,
  closed: AbortSignal,
  close: () => Promise<void>,
): RedisClient {
  const cluster = client instanceof Cluster
  const call = async (command: string, ...args: readonly Argument[]): Promise<unknown> => {
    if (client.status !== 'ready') throw new StoreUnavailable('there is no connection to Redis')
    const answer = client.callBuffer(command, ...args)
    return cluster && limit !== undefined ? within(limit, answer) : answer
  }
  const asked = (command: string, ...args: readonly Argument[]) => call(command, ...args).catch(refuse)
  return {
    cluster,
    call: asked,
    async run(script, keys, args) {
      const rest = [keys.length, ...keys, ...args]
      return call('EVALSHA', script.sha, ...rest).catch((error: unknown) =>
        isReply(error, 'NOSCRIPT') ? asked('EVAL', script.lua, ...rest) : refuse(error),
      )
    },
    async onMasters(command, ...args) {
      if (client instanceof Redis) return [await asked(command, ...args)]
      return Promise.all(mastersOf(client).map((node) => node.call(command, ...args))).catch(refuse)
    },
    names: () => scan(mastersOf(client)),
    ready: () => untilReady(client, closed),
    close,
  }
}

/** A command of a cluster that has just lost all its nodes belongs to none of them, whose limits would hold for it. */
function within(limit: number, answer: Promise<unknown>): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const cancel = systemClock.after(limit, () => reject(new StoreUnavailable('the cluster does not answer')))
  answer.then(resolve, reject).finally(cancel)
  return promise
}

/** Throws `StoreUnavailable` for a cluster that has none, as when its nodes came back without what they knew of each other. */
function mastersOf(client: Redis | Cluster): readonly Redis[] {
  const masters = client instanceof Redis ? [client] : client.nodes('master')
  if (masters.length > 0) return masters
  throw new StoreUnavailable('the cluster has no masters')
}

async function* scan(nodes: readonly Redis[]): AsyncIterable<readonly Buffer[]> {
  for (const node of nodes) {
    let cursor = '0'
    do {
      const answer = (await node.callBuffer('SCAN', cursor, 'COUNT', 500).catch(refuse)) as [Buffer, Buffer[]]
      cursor = String(answer[0])
      yield answer[1]
    } while (cursor !== '0')
  }
}

function untilReady(client: Redis | Cluster, closed: AbortSignal): Promise<void> {
  if (client.status === 'ready') return Promise.resolve()
  return new Promise((resolve, reject) => {
    const ready = (): void => {
      closed.removeEventListener('abort', refused)
      resolve()
    }
    const refused = (): void => {
      client.off('ready', ready)
      reject(new StoreUnavailable('the connection to Redis is closed'))
    }
    if (closed.aborted) return refused()
    client.once('ready', ready)
    closed.addEventListener('abort', refused, { once: true })
  })
}

/** Whatever Redis or the way to it cannot do is an outage. Its message never holds values, only codes of the server. */
function refuse(error: unknown): never {
  if (error instanceof StoreUnavailable || error instanceof TypeError) throw error
  throw new StoreUnavailable(`Redis: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
}

const isReply = (error: unknown, code: string): boolean => error instanceof Error && error.message.startsWith(code)

function optionsFor(location: RedisLocation, blocking: boolean) {
  return {
    ...(location.username === undefined ? {} : { username: location.username }),
    ...(location.password === undefined ? {} : { password: location.password }),
    ...(location.tls ? { tls: {} } : {}),
    protocol: 2, // flat answers, as in scripts
    connectTimeout: CONNECT_TIMEOUT,
    socketTimeout: Math.max(SILENCE, location.timeout),
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: 'gatehouse',
    // A former master that became a replica says READONLY: the next connection finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(blocking ? { blockingTimeout: SILENCE } : { commandTimeout: location.timeout }),
  } satisfies RedisOptions
}

function openSingle(location: RedisLocation, blocking: boolean): Redis {
  const common = {
    ...optionsFor(location, blocking),
    db: location.database,
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
  }
  if (location.topology === 'sentinel') {
    const sentinels = location.hosts.map(({ host, port }) => ({ host, port }))
    return new Redis({
      ...common,
      sentinels,
      name: location.master ?? '',
      sentinelRetryStrategy: retryDelay,
      sentinelReconnectStrategy: retryDelay,
      sentinelCommandTimeout: CONNECT_TIMEOUT,
      failoverDetector: true,
    })
  }
  if (location.socket !== undefined) return new Redis({ ...common, path: location.socket })
  const [at] = location.hosts
  return new Redis({ ...common, host: at?.host ?? '127.0.0.1', port: at?.port ?? 6379 })
}

function openCluster(location: RedisLocation, blocking: boolean): Cluster {
  const nodes = location.hosts.map(({ host, port }) => ({ host, port }))
  return new Cluster(nodes, {
    redisOptions: optionsFor(location, blocking),
    // Connections to nodes are made when they are first needed: commands wait for that, but no longer than they may take.
    enableOfflineQueue: true,
    clusterRetryStrategy: retryDelay,
    clusterNodeRetryStrategy: retryDelay,
    slotsRefreshTimeout: CONNECT_TIMEOUT,
    slotsRefreshInterval: 2000,
    // A command whose connection broke may have been carried out: repeating it is for the caller to decide.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    maxRedirections: 4,
  })
}
