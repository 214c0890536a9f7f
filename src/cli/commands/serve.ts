import { Option } from 'commander'
import { type Gateway, startGateway } from '../../app.ts'
import { loadSettings, type SettingFlags, SettingsError } from '../../config/load.ts'
import type { Settings } from '../../config/settings.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { DocumentStatus } from '../../gateway/documents/document.ts'
import { StoreUnavailable } from '../../store/store.ts'
import { textReport } from '../check/text-report.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'

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
      .option('--tls-cert <file>', 'certificate chain, for HTTPS (GATEHOUSE_TLS_CERT)')
      .option('--tls-key <file>', 'its private key (GATEHOUSE_TLS_KEY)')
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
    const stopping = io.stopped()
    const gateway = await started(settings)
    const { library } = gateway
    io.stderr(introduction(gateway, settings))
    report(library.documents(), library.diagnostics(), io)
    const end = library.onChange(({ changed }) => {
      report(
        changed,
        changed.flatMap(({ diagnostics }) => diagnostics),
        io,
      )
    })
    await stopping
    end()
    await gateway.close()
    return 0
  },
}

function settingsOf(documents: string, options: Args['options']): Settings {
  const settings = loadSettings(documents, options as SettingFlags)
  if (!STORE.test(settings.store)) {
    throw new SettingsError(`--store ${withoutPassword(settings.store)}: expected sqlite:PATH, redis://… or memory:`)
  }
  return settings
}

const STORE = /^(?:sqlite|memory|rediss?(?:\+[a-z]+)?):/

/** What a person can mend without reading our code is said in one line. */
async function started(settings: Settings): Promise<Gateway> {
  try {
    return await startGateway(settings)
  } catch (error) {
    const { code, path, message, syscall } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') throw new UsageError(`${message}: something else listens there`)
    if (code === 'ENOENT') throw new UsageError(`${path ?? settings.documents}: there is no such file or folder`)
    if (syscall !== undefined) throw new UsageError(message)
    if (error instanceof StoreUnavailable) throw new UsageError(`--store: ${error.message}`)
    throw error
  }
}

function introduction(
  { url, adminUrl, library }: Gateway,
  { adminSecret, adminSecretGenerated, store }: Settings,
): string {
  const apis = [...library.current().apis.values()].map(({ name, issuer }) => `  ${issuer}/  ${name}\n`)
  const secret = adminSecretGenerated
    ? `  admin secret   ${adminSecret.reveal()}  (of this start only; set GATEHOUSE_ADMIN_SECRET)\n`
    : ''
  const lines = `  for clients    ${url}\n  admin API      ${adminUrl}\n${secret}  store          ${withoutPassword(store)}\n`
  return `Gatehouse is ready.\n${lines}${apis.length === 0 ? 'No API is served: there is no usable document.\n' : `APIs:\n${apis.join('')}`}`
}

/** The user information of a store's URL is a credential. */
const withoutPassword = (url: string): string => url.replace(/\/\/[^/@]*@/, '//***@')

/** What is worth acting on; the rest is what `check` is for. */
function report(documents: readonly DocumentStatus[], diagnostics: readonly Diagnostic[], io: Io): void {
  const shown = diagnostics.filter(({ severity }) => severity === 'error' || severity === 'warning')
  if (shown.length > 0) io.stderr(textReport({ documents, diagnostics: shown }, io))
}
