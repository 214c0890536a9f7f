import { Option } from 'commander'
import { type Gateway, type GatewayDeps, startGateway } from '../../app.ts'
import { type WorkerLink, workerLink } from '../../cluster/worker-link.ts'
import { loadSettings, type SettingFlags, SettingsError } from '../../config/load.ts'
import { processLog } from '../../config/process-log.ts'
import type { Settings } from '../../config/settings.ts'
import { calmLog } from '../../core/calm-log.ts'
import { systemClock } from '../../core/clock.ts'
import { byPosition, type Diagnostic } from '../../core/diagnostic.ts'
import type { DocumentStatus } from '../../gateway/documents/document.ts'
import type { Library } from '../../gateway/library.ts'
import { tellStray } from '../../gateway/plugins/plugin-scope.ts'
import type { MetricFamily } from '../../metrics/metrics.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { textReport } from '../check/text-report.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { factsOf, introduction, withoutPassword } from '../serve/introduction.ts'
import { serveTogether, WORKER_VARIABLE } from '../serve/together.ts'

/** Serves a folder of documents until the process is asked to end. */
export const serve: Command = {
  name: 'serve',
  summary: 'serve the OpenAPI documents of a folder, and watch them',
  declare(line) {
    line
      .argument('[dir]', 'folder of the documents', 'apis')
      .option('--listen <host:port>', 'where clients come (GATEHOUSE_LISTEN; default 127.0.0.1:8080)')
      .option('--admin <host:port>', 'where the admin API listens (GATEHOUSE_ADMIN_LISTEN; default 127.0.0.1:8081)')
      .option('--admin-secret <secret>', 'better in GATEHOUSE_ADMIN_SECRET; made and shown once when there is none')
      .option('--public-url <url>', 'how clients reach the gateway (GATEHOUSE_PUBLIC_URL; default where it listens)')
      .option(
        '--store <url>',
        'sqlite:PATH, redis://… or memory: (GATEHOUSE_STORE; default sqlite:./data/gatehouse.db)',
      )
      .option('--workers <n>', 'processes, or "auto" for one per core (GATEHOUSE_WORKERS; default 1)')
      .addOption(
        new Option(
          '--private-targets <policy>',
          'whether configured calls may go to private addresses (GATEHOUSE_PRIVATE_TARGETS; default allow)',
        ).choices(['allow', 'deny']),
      )
      .option(
        '--trusted-proxies <ranges>',
        'addresses whose X-Forwarded-* is believed, comma separated (GATEHOUSE_TRUSTED_PROXIES; default none)',
      )
      .option('--plugins <dir>', 'folder of the plugins (GATEHOUSE_PLUGINS; default `plugins` beside the documents)')
      .option('--tls-cert <file>', 'certificate chain, for HTTPS (GATEHOUSE_TLS_CERT)')
      .option('--tls-key <file>', 'its private key (GATEHOUSE_TLS_KEY)')
      .option(
        '--access-log <rules>',
        'requests to log: off, all, errors, failures, slow:1s, sample:1%, api:ID, client:ID (GATEHOUSE_ACCESS_LOG; default off)',
      )
      .addOption(
        new Option('--log-level <level>', 'what is logged (GATEHOUSE_LOG_LEVEL; default info)').choices([
          'debug',
          'info',
          'warn',
          'error',
          'silent',
        ]),
      )
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const settings = settingsOf(operands[0] ?? 'apis', options)
    io.outliveOutput?.()
    io.uncaught?.(tellStray)
    const link = workerLink(io.environment(WORKER_VARIABLE), systemClock)
    if (link) return serveAsWorker(settings, link, io)
    return settings.workers === 1 ? serveAlone(settings, io) : serveTogether(settings, io)
  },
}

async function serveAlone(settings: Settings, io: Io): Promise<number> {
  const stopping = io.stopped()
  const gateway = await started(settings)
  io.stderr(introduction(factsOf(gateway), settings))
  const end = reportDocuments(gateway.library, io)
  await stopping
  end()
  await gateway.close()
  return 0
}

/** The same in one of several processes; only the first one speaks to people. */
async function serveAsWorker(settings: Settings, link: WorkerLink, io: Io): Promise<number> {
  const stopping = Promise.race([io.stopped(), link.orphaned])
  io.hangups?.(() => undefined) // meant for the process that watches over this one
  const collect = async () => (await link.collect()) as readonly (readonly MetricFamily[])[]
  const log = calmLog(processLog(settings.logLevel, { worker: link.slot }), systemClock)
  try {
    const gateway = await started(gentle(settings), { log, collect })
    link.answer(() => gateway.metrics.families())
    const end = link.slot === 1 ? reportDocuments(gateway.library, io) : () => undefined
    link.ready(factsOf(gateway))
    await stopping
    end()
    await gateway.close()
    return 0
  } finally {
    link.close()
  }
}

/** Another worker takes the connections over: those that wait for nothing are given the time to be told so. */
const gentle = (settings: Settings): Settings => ({ ...settings, limits: { ...settings.limits, idleGrace: 1000 } })

function settingsOf(documents: string, options: Args['options']): Settings {
  const settings = loadSettings(documents, options as SettingFlags)
  if (!STORE.test(settings.store)) {
    throw new SettingsError(`--store ${withoutPassword(settings.store)}: expected sqlite:PATH, redis://… or memory:`)
  }
  return settings
}

const STORE = /^(?:sqlite|memory|rediss?(?:\+[a-z]+)?):/

/** What a person can mend without reading our code is said in one line. */
async function started(settings: Settings, deps: Partial<GatewayDeps> = {}): Promise<Gateway> {
  try {
    return await startGateway(settings, deps)
  } catch (error) {
    const { code, path, message, syscall } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new UsageError(`${message}: something else listens there`)
    if (code === 'ENOENT') throw new UsageError(`${path ?? settings.documents}: there is no such file or folder`)
    if (code === 'ENOTDIR' && path === settings.documents)
      throw new UsageError(`${path}: serve takes a folder of documents`)
    if (syscall !== undefined) throw new UsageError(message)
    if (error instanceof StoreUnavailable) throw new UsageError(`--store: ${error.message}`)
    throw error
  }
}

/** Says what is worth acting on, now and after each change; the rest is what `check` is for. Returns what ends that. */
function reportDocuments(library: Library, io: Io): () => void {
  report(library.documents(), library.diagnostics(), io)
  return library.onChange(({ changed }) => {
    report(
      changed,
      changed.flatMap(({ diagnostics }) => diagnostics),
      io,
    )
  })
}

/** Diagnostics shown at once, at most: with thousands of documents, the rest is nothing that anyone reads. */
const SHOWN = 50

function report(documents: readonly DocumentStatus[], diagnostics: readonly Diagnostic[], io: Io): void {
  const { error = [], warning = [] } = Object.groupBy(diagnostics, ({ severity }) => severity)
  const found = [...error, ...warning]
  if (found.length === 0) return
  io.stderr(textReport({ documents, diagnostics: found.slice(0, SHOWN).sort(byPosition) }, io))
  if (found.length > SHOWN) io.stderr(`${found.length - SHOWN} more: \`gatehouse check\` shows all.\n`)
}
