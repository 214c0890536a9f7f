import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { Api, Operation, Security, SecurityScheme } from '../../src/api/api.ts'
import { buildRouteTable } from '../../src/api/routes/route-table.ts'
import { upstreamSettings } from '../../src/api/settings/upstream.ts'
import type { UpstreamAuthentication } from '../../src/api/settings/upstream-authentication.ts'
import { DEFAULT_LIMITS, type Limits } from '../../src/config/settings.ts'
import { systemClock } from '../../src/core/clock.ts'
import { sha256 } from '../../src/core/digest.ts'
import type { Log, LogFields } from '../../src/core/log.ts'
import { pooledRandom, type Random } from '../../src/core/random.ts'
import { openVault } from '../../src/core/vault.ts'
import { createExternalTokens } from '../../src/gateway/external-tokens/external-tokens.ts'
import { createLimiter } from '../../src/gateway/limits/limiter.ts'
import { createListener, type ListenerTls } from '../../src/gateway/listener.ts'
import { createDataPlane, type DataPlaneDeps } from '../../src/gateway/server.ts'
import { createSnapshot } from '../../src/gateway/snapshot.ts'
import { createClientDirectory } from '../../src/oauth/clients/client-directory.ts'
import { type AccessTokenRecord, accessTokenKey } from '../../src/oauth/records/access-token.ts'
import { grantPartition } from '../../src/oauth/records/grant.ts'
import { createAccessTokens } from '../../src/oauth/tokens/create-access-tokens.ts'
import { followPrincipals } from '../../src/oauth/tokens/follow-principals.ts'
import { mintToken, newGrantId } from '../../src/oauth/tokens/token-format.ts'
import { createOutbound } from '../../src/outbound/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { createUpstreamCredentials } from '../../src/upstream/credentials/upstream-credentials.ts'
import { type HandClock, handClock } from './clock.ts'
import { issuerApi, issuerScheme, registeredClient } from './issuer-api.ts'
import { startUpstream, type Upstream } from './upstream.ts'
import { forTest } from './world.ts'

/** An operation as a document would declare it; public unless it says how it is secured. */
export interface OperationWish {
  readonly method?: string
  readonly path?: string
  readonly security?: Security
  readonly policies?: Readonly<Record<string, unknown>>
  readonly blocked?: true
  readonly inherited?: ReadonlySet<string>
  readonly upstreamUrl?: string
  readonly upstreamAuthentication?: UpstreamAuthentication
}

export interface ApiWish extends Partial<Omit<Api, 'upstream' | 'routes' | 'securitySchemes'>> {
  readonly schemes?: readonly SecurityScheme[]
  readonly operations?: readonly OperationWish[]
  readonly upstream?: Readonly<Record<string, unknown>>
}

/** An API at `/pets` whose every path goes to `url`; without operations, undeclared paths are forwarded in public. */
export function gatewayApi(url: string, wish: ApiWish = {}): Api {
  const { schemes = [issuerScheme()], operations = [{}], upstream = {}, ...changes } = wish
  const routes = buildRouteTable(operations.map(operation)).table
  const written = upstream['loadBalancing'] === undefined ? { url, ...upstream } : upstream
  const settings = { ...upstreamSettings.parse(written), url: String(upstream['url'] ?? url) }
  return issuerApi(schemes, { routes, upstream: settings, ...changes })
}

function operation(wish: OperationWish): Operation {
  const { method = '*', path = '*', security = [], policies = {}, ...changes } = wish
  const id = path === '*' ? '*' : `${method} ${path}`
  return { id, method, path, tags: [], security, policies: new Map(Object.entries(policies)), ...changes }
}

export interface Plane {
  /** Where the gateway listens, without trailing slash. */
  readonly url: string
  readonly server: Server
  readonly clock: HandClock
  readonly store: Store
  /** What was logged, as `[level, fields, message]`. */
  readonly logged: readonly (readonly [string, LogFields, string])[]
  /** Says good-bye on all WebSockets. */
  goAway(): void
  openSockets(): number
  /** Replaces the served APIs. */
  publish(apis: readonly Api[]): void
  /** A live access token of the registered client `app`, for the API `pets` unless the changes say otherwise. */
  token(changes?: Partial<AccessTokenRecord>): Promise<string>
}

export interface PlaneOptions {
  readonly deps?: Partial<DataPlaneDeps>
  readonly limits?: Partial<Limits>
  readonly tls?: ListenerTls
  /** For a test that needs another time than now. */
  readonly clock?: HandClock
}

/** A data plane with a store, tokens and a clock of its own, listening on a port of its own. */
export async function startPlane(
  t: ExecutionContext,
  apis: readonly Api[],
  options: PlaneOptions = {},
): Promise<Plane> {
  const { clock = handClock() } = options
  const random = pooledRandom()
  const store = openMemoryStore({ clock })
  const clients = createClientDirectory({ store, clock })
  const signing = { grantOf: async () => undefined }
  const tokens = createAccessTokens({ store, clock, clients, signing, cacheSize: 1000 })
  const { log, logged } = rememberingLog()
  let snapshot = createSnapshot(apis)
  const outbound = createOutbound({ privateTargets: 'allow', clock: systemClock, log })
  const principals = followPrincipals(store)
  const vault = openVault(Buffer.alloc(32, 7), random)
  const plane = createDataPlane({
    snapshot: () => snapshot,
    tokens,
    clock,
    random,
    log,
    followPrincipal: principals.follow,
    ...neighbours({ store, vault, outbound, clock, random, log }),
    users: async (username, password) => username === 'ann' && password === 'correct: horse',
    oauth: (_, res) => res.end('oauth'),
    wellKnown: () => false,
    ...options.deps,
  })
  const server = createListener(plane.handle, { ...DEFAULT_LIMITS, ...options.limits }, options.tls)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    plane.goAway()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await plane.close()
    for (const part of [outbound, principals, tokens, store]) await part.close()
  })
  await registeredClient(store)
  plane.adopt(snapshot)
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    server,
    clock,
    store,
    logged,
    goAway: plane.goAway,
    openSockets: () => plane.report().webSockets,
    publish: (next) => {
      snapshot = createSnapshot(next)
      plane.adopt(snapshot)
    },
    token: (changes = {}) => storeToken(store, clock, random, changes),
  }
}

/** What a data plane asks of others. */
function neighbours(deps: Parameters<typeof createUpstreamCredentials>[0]) {
  return {
    external: createExternalTokens(deps),
    limiter: createLimiter({ ...deps, shared: false }),
    upstreamCredentials: createUpstreamCredentials(deps),
  }
}

function rememberingLog(): { readonly log: Log; readonly logged: Plane['logged'] } {
  const logged: [string, LogFields, string][] = []
  const say = (level: string) => (fields: LogFields, message: string) => void logged.push([level, fields, message])
  return { logged, log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') } }
}

async function storeToken(
  store: Store,
  clock: HandClock,
  random: Random,
  changes: Partial<AccessTokenRecord>,
): Promise<string> {
  const grantId = newGrantId(random)
  const token = mintToken('access', grantId, random)
  const now = clock.now()
  const record: AccessTokenRecord = {
    digest: sha256(token),
    api: 'pets',
    scheme: 'oauth',
    clientId: 'app',
    scope: ['read'],
    grantType: 'client_credentials',
    metadata: {},
    issuedAt: now,
    expiresAt: now + 3_600_000,
    ...changes,
  }
  const partition = grantPartition(grantId)
  const key = accessTokenKey(partition, record.digest)
  await store.commit({ partition, writes: [{ op: 'put', key, value: record, expiresAt: record.expiresAt }] })
  return token
}

/** An upstream and a gateway with one API before it. */
export async function planeBefore(
  t: ExecutionContext,
  wish: ApiWish = {},
  options: PlaneOptions = {},
): Promise<Plane & { readonly upstream: Upstream }> {
  const upstream = await forTest(t, startUpstream())
  return { ...(await startPlane(t, [gatewayApi(upstream.url, wish)], options)), upstream }
}
