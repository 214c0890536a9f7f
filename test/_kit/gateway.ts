import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type GatewayDeps, startGateway } from '../../src/app.ts'
import { DEFAULT_LIMITS, type Settings } from '../../src/config/settings.ts'
import type { Log, LogFields } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import type { ApiUnderTest } from './agent.ts'
import { proveClean } from './leaks.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly fields: LogFields
}

export interface GatewayOptions {
  /** File name → document, as an object or as the file's text. */
  readonly documents: Readonly<Record<string, object | string>>
  readonly settings?: Partial<Settings>
  /** What is handed in instead of the real thing: a clock that is moved by hand, for instance. */
  readonly deps?: Partial<GatewayDeps>
}

export interface TestGateway {
  readonly url: string
  /** Where it listens, when `url` is a public URL that leads nowhere. */
  readonly localUrl: string
  readonly adminUrl: string
  readonly adminSecret: string
  /** Everything that was logged, oldest first. */
  readonly log: readonly LogLine[]
  /** Where its documents lie. */
  readonly folder: string
  /** Writes a document as an editor would; the watcher sees it. */
  write(name: string, document: object | string): void
  /** An API of it, for agents. `listenPath` without trailing slash. */
  api(apiId: string, listenPath: string): ApiUnderTest
  close(): Promise<void>
}

const ADMIN_SECRET = 'the-admin-secret-of-the-tests'

/**
 * A gateway of its own for one test, on free ports and, unless said otherwise, a store in memory; closed afterwards. It logs
 * at debug level, and a test in which a credential reaches the log fails.
 */
export async function gatewayFor(t: ExecutionContext, options: GatewayOptions): Promise<TestGateway> {
  const gateway = await startTestGateway(options)
  t.teardown(() => gateway.close())
  return gateway
}

export async function startTestGateway({ documents, settings, deps }: GatewayOptions): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'))
  const write = (name: string, document: object | string): void => {
    const file = join(folder, name)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document, null, 2))
  }
  for (const [name, document] of Object.entries(documents)) write(name, document)
  const log: LogLine[] = []
  const gateway = await startGateway(
    {
      documents: folder,
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      adminSecret: new Secret(ADMIN_SECRET),
      adminSecretGenerated: false,
      store: 'memory:',
      workers: 1,
      privateTargets: 'allow',
      trustedProxies: [],
      logLevel: 'debug',
      limits: DEFAULT_LIMITS,
      ...settings,
    },
    { log: recordingLog(log), ...deps },
  )
  return {
    url: gateway.url,
    localUrl: gateway.localUrl,
    adminUrl: gateway.adminUrl,
    adminSecret: ADMIN_SECRET,
    log,
    folder,
    write,
    api: (apiId, listenPath) => ({
      url: gateway.url + listenPath,
      adminUrl: gateway.adminUrl,
      adminSecret: ADMIN_SECRET,
      apiId,
    }),
    async close() {
      await gateway.close()
      proveClean(log)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Writes what is logged at the end of `lines`. */
export function recordingLog(lines: LogLine[]): Log {
  const at =
    (level: LogLine['level']) =>
    (fields: LogFields, message: string): void => {
      lines.push({ level, message, fields })
    }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
