import type { Secret } from '../core/secret.ts'

/** How this process runs: read once from defaults, environment and flags, then frozen. */
export interface Settings {
  readonly documents: string
  readonly listen: Address
  readonly admin: Address
  readonly adminSecret: Secret
  /** Whether the secret was made at this start and must be shown once. */
  readonly adminSecretGenerated: boolean
  /** Without trailing slash. */
  readonly publicUrl: string
  readonly store: string
  readonly workers: number
  readonly privateTargets: 'allow' | 'deny'
  readonly tls?: { readonly cert: string; readonly key: string }
  readonly limits: Limits
}

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
  /** Milliseconds until the whole request must have arrived. */
  readonly requestTimeout: number
  /** Bytes of a body at an OAuth endpoint. */
  readonly oauthBodyBytes: number
  /** Bytes of a body at the admin API. */
  readonly adminBodyBytes: number
}
