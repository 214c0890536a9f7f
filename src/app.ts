import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { createAdminApp } from './admin/create-admin-app.ts'
import { publishedLibrary } from './admin/published-library.ts'
import { notificationEndpointRoutes } from './admin/resources/notification-endpoints.ts'
import { notificationRoutes } from './admin/resources/notifications.ts'
import type { Api } from './api/api.ts'
import type { CompileContext } from './api/compile-context.ts'
import { compileDocument } from './api/compile-document.ts'
import { isLoopback } from './config/load.ts'
import { loadMasterKey } from './config/master-key.ts'
import { processLog } from './config/process-log.ts'
import type { Settings } from './config/settings.ts'
import { type Clock, systemClock } from './core/clock.ts'
import type { Log } from './core/log.ts'
import { pooledRandom, type Random } from './core/random.ts'
import { openVault, type Vault } from './core/vault.ts'
import { openFolder } from './document/folder.ts'
import type { CompileDocument } from './gateway/documents/document.ts'
import { type Library, openLibrary } from './gateway/library.ts'
import { drain, listen } from './gateway/listen.ts'
import { createListener, type ServeRequest } from './gateway/listener.ts'
import { policySettings } from './gateway/policies/index.ts'
import { createDataPlane, type DataPlane } from './gateway/server.ts'
import type { Snapshot } from './gateway/snapshot.ts'
import { createAnnouncer } from './notify/announce.ts'
import { createDeliverer, type Deliverer } from './notify/deliverer.ts'
import { WEBHOOK_KEYS_PATH, webhookKeySet } from './notify/key-set.ts'
import { type LiveEndpoints, liveEndpoints } from './notify/live-endpoints.ts'
import { createNotifications, type Notifications } from './notify/operate/notifications.ts'
import { createSecretCheck } from './oauth/client-auth/secret-check.ts'
import { createClientDirectory } from './oauth/clients/client-directory.ts'
import { createFailureLimit } from './oauth/failure-limit.ts'
import { jsonAnswer } from './oauth/http.ts'
import { createOAuthApp, type OAuthApp } from './oauth/koa-app.ts'
import { type MetadataIndex, metadataIndex } from './oauth/metadata/metadata-index.ts'
import { createPasswords } from './oauth/passwords/passwords.ts'
import { registeredUsers } from './oauth/passwords/users.ts'
import { createVerifiedPasswords } from './oauth/passwords/verified-passwords.ts'
import type { OAuthServices } from './oauth/services.ts'
import { createAccessTokens } from './oauth/tokens/create-access-tokens.ts'
import { createOutbound } from './outbound/client.ts'
import { openStore } from './store/index.ts'
import type { Store } from './store/store.ts'
import { sweepRegularly } from './store/sweep-regularly.ts'

/** What a process hands in; tests hand in a clock that is moved by hand, a log that is read. */
export interface GatewayDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly environment: (name: string) => string | undefined
}

/** A gateway that serves. */
export interface Gateway {
  /** Where clients reach it, without trailing slash. */
  readonly url: string
  readonly adminUrl: string
  readonly library: Library
  /** Stops accepting, lets what is in flight end (within the drain timeout), delivers no more, closes the store. */
  close(): Promise<void>
}

/**
 * The composition root: makes everything, once, and ties it together. Rejects when an address cannot be bound, the store
 * cannot be opened or the folder of documents cannot be read; a broken document is a matter of diagnostics.
 */
export async function startGateway(settings: Settings, given: Partial<GatewayDeps> = {}): Promise<Gateway> {
  const deps: GatewayDeps = {
    clock: systemClock,
    random: pooledRandom(),
    log: given.log ?? processLog(settings.logLevel),
    environment: (name) => process.env[name],
    ...given,
  }
  const closing: (() => unknown)[] = []
  const onClose = (task: () => unknown): void => void closing.unshift(task)
  const close = once(async () => {
    for (const task of closing) await task()
  })
  try {
    return { ...(await build(settings, deps, onClose)), close }
  } catch (error) {
    await close()
    throw error
  }
}

type OnClose = (task: () => unknown) => void

async function build(settings: Settings, deps: GatewayDeps, onClose: OnClose): Promise<Omit<Gateway, 'close'>> {
  const { clock, log, random } = deps
  const vault = openVault(loadMasterKey(settings), random)
  const store = await openStore(settings.store, { clock, log })
  onClose(() => store.close())
  const outbound = createOutbound({ privateTargets: settings.privateTargets, clock, log })
  onClose(() => outbound.close())

  let serve: ServeRequest = answerStarting
  const listener = createListener((...call) => serve(...call), settings.limits, readTls(settings))
  const url = await listen(listener, settings.listen, settings.tls ? 'https' : 'http')
  onClose(() => drain(listener, settings.limits.drainTimeout, clock))
  const publicUrl = settings.publicUrl ?? url

  const library = await openLibrary({ folder: settings.documents, compile: compiler(publicUrl, deps), clock, log })
  const receivers = perSnapshot(library, (apis) => liveEndpoints(vault, log, notifyingSchemes(apis)))
  const metadata = perSnapshot(library, (apis) => metadataIndex(apis))
  const deliverer: Deliverer = createDeliverer({
    store,
    vault,
    outbound,
    clock,
    random,
    log,
    endpoints: () => receivers().all,
  })
  const services = oauthServices({ store, vault, outbound, deliverer, receivers, ...deps })
  const oauth = createOAuthApp(services, { bodyLimit: settings.limits.oauthBodyBytes })
  const plane = dataPlane({ services, oauth, library, metadata, receivers, ...deps })
  onClose(() => plane.close())

  const endpoints = () => receivers().all
  const notifications = createNotifications({ store, vault, clock, random, deliverer, endpoints })
  const admin = adminServer(settings, services, library, notifications)
  const adminUrl = await listen(admin, settings.admin, 'http')
  onClose(() => drain(admin, settings.limits.drainTimeout, clock))
  onClose(library.watch())
  onClose(() => deliverer.stop())
  onClose(sweepRegularly(store, deps))
  onClose(() => services.accessTokens.close())
  onClose(() => services.clients.close())
  deliverer.start()
  serve = (req, res, awaitsContinue) => plane.handle(req, res, awaitsContinue)
  return { url: publicUrl, adminUrl, library }
}

/** How a text becomes an API here: with this gateway's public URL, policies, environment and files. */
function compiler(publicUrl: string, { environment }: GatewayDeps): CompileDocument {
  const context: CompileContext = { publicUrl, policies: policySettings, environment, readFile: textOf }
  return async (file, text) => {
    const { api, diagnostics, files, document } = compileDocument(file, text, openFolder(dirname(file)), context)
    const source = document?.sources[0]
    return {
      ...(api ? { api } : {}),
      diagnostics,
      dependsOn: files,
      ...(source ? { locate: (path, part) => source.locate(path, part) } : {}),
    }
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined // the diagnostic says so, with its place in the document
  }
}

function oauthServices(
  parts: GatewayDeps & {
    readonly store: Store
    readonly vault: Vault
    readonly outbound: OAuthServices['outbound']
    readonly deliverer: Deliverer
    readonly receivers: () => LiveEndpoints
  },
): OAuthServices {
  const { store, clock, random, log, vault, outbound, deliverer, receivers } = parts
  const passwords = createPasswords({ random })
  const verified = createVerifiedPasswords({ clock, random, passwords })
  const clients = createClientDirectory({ store, clock })
  return {
    store,
    clock,
    random,
    vault,
    log,
    outbound,
    passwords,
    clients,
    verified,
    secrets: createSecretCheck({ clock, verified }),
    failures: createFailureLimit(clock),
    accessTokens: createAccessTokens({ store, clock, clients, cacheSize: CACHED_TOKENS }),
    announcer: createAnnouncer({
      vault,
      random,
      clock,
      endpointsOf: (api, scheme) => receivers().of(api, scheme),
      deliver: (ids) => deliverer.deliver(ids),
    }),
  }
}

/** Access tokens kept in memory: about 50 MB when all of them are in use. */
const CACHED_TOKENS = 100_000

function dataPlane(
  parts: GatewayDeps & {
    readonly services: OAuthServices
    readonly oauth: OAuthApp
    readonly library: Library
    readonly metadata: () => MetadataIndex
    readonly receivers: () => LiveEndpoints
  },
): DataPlane {
  const { services, oauth, library, metadata, receivers, clock, random, log } = parts
  return createDataPlane({
    clock,
    random,
    log,
    tokens: services.accessTokens,
    users: registeredUsers(services.store, services.verified),
    snapshot: () => library.current(),
    oauth: (req, res, api, endpoint) => oauth.serve(req, res, { api, path: endpoint.path }),
    wellKnown(req, res, path, api) {
      const document =
        !api && path === WEBHOOK_KEYS_PATH
          ? jsonAnswer(200, webhookKeySet(receivers().all))
          : metadata().find((api?.listenPath ?? '') + path, (owner) => isAsked(library.current(), req, owner))
      if (document) oauth.serve(req, res, { document })
      return document !== undefined
    },
  })
}

const isAsked = (snapshot: Snapshot, req: IncomingMessage, api: Api): boolean =>
  snapshot.match(req.headers.host, api.listenPath || '/')?.api === api

function adminServer(
  settings: Settings,
  services: OAuthServices,
  library: Library,
  notifications: Notifications,
): Server {
  const { limits, admin, adminSecret } = settings
  const app = createAdminApp({
    secret: adminSecret,
    library: publishedLibrary(library),
    services,
    bodyLimit: limits.adminBodyBytes,
    more: [...notificationEndpointRoutes(notifications), ...notificationRoutes(notifications)],
    ...(isLoopback(admin.host) ? {} : { hosts: [admin.host] }),
  })
  return createServer(
    { maxHeaderSize: limits.headerBytes, headersTimeout: limits.headerTimeout, requestTimeout: limits.requestTimeout },
    app.callback(),
  )
}

function* notifyingSchemes(apis: Iterable<Api>) {
  for (const api of apis) {
    for (const scheme of api.securitySchemes.values()) {
      if (scheme.kind !== 'issuer') continue
      yield { api: api.id, scheme: scheme.name, settings: scheme.settings.notifications }
    }
  }
}

/** What is derived from the live APIs, made anew only when they changed. */
function perSnapshot<T>(library: Library, derive: (apis: Iterable<Api>) => T): () => T {
  let of: Snapshot | undefined
  let value: T | undefined
  return () => {
    const snapshot = library.current()
    if (snapshot !== of || value === undefined) {
      of = snapshot
      value = derive(snapshot.apis.values())
    }
    return value
  }
}

function readTls({ tls }: Settings) {
  return tls && { cert: readFileSync(tls.cert, 'utf8'), key: readFileSync(tls.key, 'utf8') }
}

/** The address is bound before the documents are read, because their URLs derive from it. */
function answerStarting(_: IncomingMessage, res: ServerResponse): void {
  res.writeHead(503, { 'Retry-After': '1' }).end()
}

function once(task: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => (done ??= task())
}
