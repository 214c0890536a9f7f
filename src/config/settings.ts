import type { Secret } from '../core/secret.ts'
import type { AccessLogRules } from './access-log.ts'

/** How this process runs: read once from defaults, environment and flags, then frozen. */
export interface Settings {
  /** Folder of the OpenAPI documents. */
  readonly documents: string
  /** Folder of the plugins; `plugins` beside the documents when absent. */
  readonly plugins?: string
  readonly listen: Address
  readonly admin: Address
  readonly adminSecret: Secret
  /** Whether the secret was made at this start and must be shown once. */
  readonly adminSecretGenerated: boolean
  /** Without trailing slash; by default the address that the gateway listens on. */
  readonly publicUrl?: string
  readonly store: string
  /** Encrypts what the store must not show in clear; by default a key file beside the embedded store. */
  readonly masterKey?: Secret
  readonly workers: number
  readonly privateTargets: 'allow' | 'deny'
  /** Addresses and ranges of proxies whose `X-Forwarded-*` and `Forwarded` are believed. */
  readonly trustedProxies: readonly string[]
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly logLevel: LogLevel
  /** Which requests are logged; none when absent. */
  readonly accessLog?: AccessLogRules
  readonly limits: Limits
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Bounds that hold on every listener. */
export interface Limits {
  /** Bytes of all request headers. */
  readonly headerBytes: number
  /** Milliseconds until the headers of a request must have arrived. */
  readonly headerTimeout: number
  /** Milliseconds until the whole request must have arrived; 0: no bound, so that long uploads live. */
  readonly requestTimeout: number
  /** Bytes of a body at an OAuth endpoint. */
  readonly oauthBodyBytes: number
  /** Bytes of a body at the admin API. */
  readonly adminBodyBytes: number
  /** Milliseconds that requests in flight may take after SIGTERM. */
  readonly drainTimeout: number
  /** Milliseconds that connections without a request are kept then, to be told with their next answer to close. */
  readonly idleGrace: number
}

export const DEFAULT_LIMITS: Limits = {
  headerBytes: 32_768,
  headerTimeout: 10_000,
  requestTimeout: 300_000,
  oauthBodyBytes: 16_384,
  adminBodyBytes: 67_108_864,
  drainTimeout: 30_000,
  idleGrace: 0,
}
