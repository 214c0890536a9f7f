import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { keepDeclaredConsumers } from './admin/declared/declared-consumers.ts'
import { publishedLibrary } from './admin/published-library.ts'
import type { CompileContext } from './api/compile-context.ts'
import { documentCompiler } from './api/document-compiler.ts'
import { adminServer } from './app/admin-server.ts'
import { dataPlane } from './app/data-plane.ts'
import type { GatewayDeps } from './app/deps.ts'
import { gatewayMetrics } from './app/gateway-metrics.ts'
import { logDocuments } from './app/log-documents.ts'
import { notifyingSchemes } from './app/notifying-schemes.ts'
import { oauthServices } from './app/oauth-services.ts'
import { openedStore } from './app/opened-store.ts'
import { perSnapshot } from './app/per-snapshot.ts'
import { followPlugins, pluginFolder } from './app/plugin-folder.ts'
import { followPolicyFile } from './app/policy-file.ts'
import { createRecording } from './app/recording.ts'
import { servedDocuments } from './app/served-documents.ts'
import { environmentVariable } from './config/environment.ts'
import { loadMasterKey } from './config/master-key.ts'
import { processLog } from './config/process-log.ts'
import type { Settings } from './config/settings.ts'
import { calmLog } from './core/calm-log.ts'
import { systemClock } from './core/clock.ts'
import { pooledRandom } from './core/random.ts'
import { openVault } from './core/vault.ts'
import type { Library } from './gateway/library.ts'
import { drain, listen } from './gateway/listen.ts'
import { createListener, type ServeRequest } from './gateway/listener.ts'
import type { Plugins } from './gateway/plugins/plugins.ts'
import { measuredStore } from './metrics/measured-store.ts'
import { createMetrics, type Metrics, metricsPage } from './metrics/metrics.ts'
import { createDeliverer, type Deliverer } from './notify/deliverer.ts'
import { liveEndpoints } from './notify/live-endpoints.ts'
import { createNotifications } from './notify/operate/notifications.ts'
import { createOAuthApp } from './oauth/koa-app.ts'
import { metadataIndex } from './oauth/metadata/metadata-index.ts'
import { createOutbound } from './outbound/client.ts'
import { sweepRegularly } from './store/sweep-regularly.ts'

export type { GatewayDeps } from './app/deps.ts'

/** A gateway that serves. */
export interface Gateway {
  /** Where clients reach it, without trailing slash. */
  readonly url: string
  /** The same for this machine: where it really listens. */
  readonly localUrl: string
  readonly adminUrl: string
  readonly library: Library
  readonly metrics: Metrics
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
    log: given.log ?? calmLog(processLog(settings.logLevel), systemClock),
    environment: environmentVariable,
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

/** Tasks run in the opposite order of their registration: what was made last ends first. */
type OnClose = (task: () => unknown) => void

async function build(settings: Settings, given: GatewayDeps, onClose: OnClose): Promise<Omit<Gateway, 'close'>> {
  const { log, random } = given
  const { limits } = settings
  const vault = openVault(loadMasterKey(settings), random)
  const metrics = createMetrics()
  const store = measuredStore(await openedStore(settings.store, vault, given), metrics)
  onClose(() => store.close())
  const clock = store.clock ?? given.clock
  const deps = { ...given, clock }
  onClose(sweepRegularly(store, deps))
  const outbound = createOutbound({ privateTargets: settings.privateTargets, clock, log })
  onClose(() => outbound.close())
  const current = () => library.current()
  const receivers = perSnapshot(current, (apis) => liveEndpoints(vault, log, notifyingSchemes(apis)))
  const metadata = perSnapshot(current, (apis) => metadataIndex(apis))
  const endpoints = () => receivers().all
  const deliverer: Deliverer = createDeliverer({ store, vault, outbound, endpoints, ...deps })
  onClose(() => deliverer.stop())
  const { observer, usage, ended, sampler, close } = createRecording({ settings, store, metrics, outbound, ...deps })
  onClose(close)
  const services = oauthServices({ settings, store, vault, outbound, deliverer, receivers, observer, ...deps })
  onClose(() => services.close())
  const oauth = createOAuthApp(services, { bodyLimit: limits.oauthBodyBytes })
  const plugins = await pluginFolder(settings, deps)
  const { policies } = plugins
  const front = { services, oauth, snapshot: current, metadata, receivers, policies, sampler }
  const plane = dataPlane({ ...front, ended, settings, ...deps })
  onClose(() => plane.close())

  let serve: ServeRequest = answerStarting
  const listener = createListener((...call) => serve(...call), limits, readTls(settings))
  const url = await listen(listener, settings.listen, settings.tls ? 'https' : 'http')
  onClose(() => drain(listener, limits.drainTimeout, clock, limits.idleGrace))
  const publicUrl = settings.publicUrl ?? url

  const context = contextOf(publicUrl, deps, plugins)
  const compile = documentCompiler(context)
  const documents = await servedDocuments({ settings, store, compile, clock, log })
  const { library, changes, shared } = documents
  const notifications = createNotifications({ store, vault, clock, random, deliverer, endpoints })
  onClose(gatewayMetrics(metrics, { services, library, notifications, plane, clock }))
  const page = async () => metricsPage((await deps.collect?.()) ?? [await metrics.families()])
  const told = { notifications, usage, plugins, metrics: page }
  const admin = adminServer({ settings, services, library, changes, shared, context, ...told })
  const adminUrl = await listen(admin, settings.admin, 'http')
  onClose(() => drain(admin, limits.drainTimeout, clock, limits.idleGrace))
  onClose(logDocuments(library, log))
  plane.adopt(library.current())
  onClose(library.onChange(() => plane.adopt(library.current())))
  onClose(
    await keepDeclaredConsumers({ services, context, library: publishedLibrary(library), folder: settings.documents }),
  )
  onClose(documents.watch())
  onClose(followPlugins(plugins, library, deps))
  onClose(await followPolicyFile({ settings, store, ...deps }))
  deliverer.start()
  serve = plane.handle
  onClose(() => plane.goAway())
  return { url: publicUrl, localUrl: url, adminUrl, library, metrics }
}

/** What a text becomes an API with here: this gateway's public URL, policies, environment and files. */
function contextOf(publicUrl: string, { environment }: GatewayDeps, plugins: Plugins): CompileContext {
  const { settings: policies, version: policyVersion } = plugins
  return { publicUrl, policies, policyVersion, environment, readFile: contentOf }
}

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined // the diagnostic says so, with its place in the document
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
