import { availableParallelism } from 'node:os'
import { isAddressRange } from '../core/address-ranges.ts'
import { pooledRandom } from '../core/random.ts'
import { Secret } from '../core/secret.ts'
import { ACCESS_LOG_FORM, type AccessLogRules, parseAccessLog } from './access-log.ts'
import { type Address, DEFAULT_LIMITS, type LogLevel, type Settings } from './settings.ts'

/** What `serve` takes on its command line; each has an environment variable of the same meaning. */
export interface SettingFlags {
  readonly listen?: string
  readonly admin?: string
  readonly adminSecret?: string
  readonly publicUrl?: string
  readonly store?: string
  readonly workers?: string
  readonly privateTargets?: string
  readonly trustedProxies?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly logLevel?: string
  readonly accessLog?: string
  readonly plugins?: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A start-up setting that makes no sense; the message names the flag and says what is expected. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError'
}

/** Flags before environment before defaults. Throws `SettingsError`. */
export function loadSettings(documents: string, flags: SettingFlags, env: Environment = process.env): Settings {
  const pick = (flag: keyof SettingFlags, name: string): string | undefined => flags[flag] ?? (env[name] || undefined)
  const admin = parseAddress('--admin', pick('admin', 'GATEHOUSE_ADMIN_LISTEN') ?? '127.0.0.1:8081')
  const secret = pick('adminSecret', 'GATEHOUSE_ADMIN_SECRET')
  if (secret === undefined && !isLoopback(admin.host)) {
    throw new SettingsError(
      `--admin ${admin.host}: an admin address that is not loopback needs GATEHOUSE_ADMIN_SECRET (or --admin-secret)`,
    )
  }
  const publicUrl = parsePublicUrl(pick('publicUrl', 'GATEHOUSE_PUBLIC_URL'))
  const tls = parseTls(pick('tlsCert', 'GATEHOUSE_TLS_CERT'), pick('tlsKey', 'GATEHOUSE_TLS_KEY'))
  const masterKey = env['GATEHOUSE_MASTER_KEY']
  const plugins = pick('plugins', 'GATEHOUSE_PLUGINS')
  const accessLog = accessLogRules(pick('accessLog', 'GATEHOUSE_ACCESS_LOG') ?? 'off')
  return Object.freeze({
    documents,
    ...(plugins === undefined ? {} : { plugins }),
    listen: parseAddress('--listen', pick('listen', 'GATEHOUSE_LISTEN') ?? '127.0.0.1:8080'),
    admin,
    adminSecret: new Secret(secret ?? pooledRandom()(24).toString('base64url')),
    adminSecretGenerated: secret === undefined,
    ...(publicUrl === undefined ? {} : { publicUrl }),
    store: pick('store', 'GATEHOUSE_STORE') ?? 'sqlite:./data/gatehouse.db',
    ...(masterKey ? { masterKey: new Secret(masterKey) } : {}),
    workers: parseWorkers(pick('workers', 'GATEHOUSE_WORKERS') ?? '1'),
    privateTargets: oneOf('--private-targets', pick('privateTargets', 'GATEHOUSE_PRIVATE_TARGETS') ?? 'allow', [
      'allow',
      'deny',
    ]),
    trustedProxies: parseRanges('--trusted-proxies', pick('trustedProxies', 'GATEHOUSE_TRUSTED_PROXIES') ?? ''),
    ...(tls === undefined ? {} : { tls }),
    logLevel: oneOf<LogLevel>('--log-level', pick('logLevel', 'GATEHOUSE_LOG_LEVEL') ?? 'info', [
      'debug',
      'info',
      'warn',
      'error',
      'silent',
    ]),
    ...(accessLog === undefined ? {} : { accessLog }),
    limits: DEFAULT_LIMITS,
  })
}

/** Loopback names and addresses, the only ones that the admin API serves without a chosen secret. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** `host:port`, `[v6]:port` or `:port`; port 0 lets the system choose. */
export function parseAddress(flag: string, value: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(value)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new SettingsError(`${flag} ${value}: expected HOST:PORT, such as 127.0.0.1:8080`)
  return { host: match[1] ?? (match[2] || '0.0.0.0'), port }
}

function parsePublicUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new SettingsError(
      `--public-url ${value}: expected an http or https URL without query, such as https://api.example.com`,
    )
  }
  return url.href.replace(/\/+$/, '')
}

function parseTls(cert: string | undefined, key: string | undefined): Settings['tls'] {
  if ((cert === undefined) !== (key === undefined)) {
    throw new SettingsError('--tls-cert and --tls-key belong together: give both files or none')
  }
  return cert !== undefined && key !== undefined ? { cert, key } : undefined
}

function parseWorkers(value: string): number {
  if (value === 'auto') return availableParallelism()
  const workers = Number(value)
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new SettingsError(`--workers ${value}: expected a number from 1 to 256, or "auto"`)
  }
  return workers
}

function accessLogRules(value: string): AccessLogRules | undefined {
  const rules = parseAccessLog(value)
  if (rules === null) throw new SettingsError(`--access-log ${value}: expected ${ACCESS_LOG_FORM}`)
  return rules
}

function parseRanges(flag: string, value: string): readonly string[] {
  const ranges = value.split(',').map((range) => range.trim())
  const given = ranges.filter((range) => range !== '')
  const wrong = given.find((range) => !isAddressRange(range))
  if (wrong === undefined) return given
  throw new SettingsError(`${flag} ${wrong}: expected addresses or ranges, such as 10.0.0.0/8,2001:db8::/32`)
}

function oneOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw new SettingsError(`${flag} ${value}: expected ${allowed.join(' or ')}`)
  return found
}
