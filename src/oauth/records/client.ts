import type { Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { uuidText } from '../../core/uuid.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** A registered client application (RFC 6749 §2). Secrets are kept as digests only. */
export interface ClientRecord {
  readonly clientId: string
  readonly type: 'confidential' | 'public'
  /** Live secrets, newest first; more than one only during a rotation. */
  readonly secrets: readonly ClientSecret[]
  /** RFC 7591 §2: the one method by which it authenticates, where it is not free to choose. */
  readonly authMethod?: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  /** Public keys of a client that authenticates by signed assertions (RFC 7523), or where it publishes them. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  readonly jwksUri?: string
  /** Compared exactly (RFC 9700 §2.1), the port of a loopback URI aside. */
  readonly redirectUris: readonly string[]
  /** Ids of the APIs it may use. */
  readonly apis: readonly string[]
  /**
   * Since when it has those of them that it was given after it was registered: what such an API issued to it before then is
   * dead. Those that are absent count from `createdAt`.
   */
  readonly apisSince?: Readonly<Record<string, Instant>>
  readonly name?: string
  /** Whose application it is: without that consumer it is nobody's, and nothing is issued to it. */
  readonly consumerId?: string
  readonly tags?: readonly string[]
  /** Present when it stands in the file of consumers: a digest of its entry there. */
  readonly declared?: string
  /** Grants it may use; all that the API offers when absent. */
  readonly grantTypes?: readonly string[]
  /** Scopes it may be granted; all that the scheme declares when absent. */
  readonly scopes?: readonly string[]
  /** How long what it is issued lives (milliseconds), where that differs from what the scheme says. */
  readonly lifetimes?: {
    readonly accessToken?: number
    readonly refreshToken?: number
    readonly refreshTokenIdle?: number
  }
  readonly policies: readonly string[]
  readonly metadata: Readonly<Record<string, unknown>>
  readonly createdAt: Instant
  readonly updatedAt: Instant
  /** Tokens issued at or before this instant are dead. */
  readonly notBefore?: Instant
}

export interface ClientSecret {
  /** `sha256:…` for secrets made by the gateway, `scrypt:…` for chosen ones. */
  readonly digest: string
  readonly createdAt: Instant
  /** When a rotated secret stops working. */
  readonly expiresAt?: Instant
}

const kind = recordKind<ClientRecord>('client')

export const clientKey = (clientId: string): Key<ClientRecord> => kind(partitionOf(clientId), clientId)

/** Index of the clients of an API, in the order of their creation; members are client ids. */
export const clientsIndex = (apiId: string): string => `clients:${apiId}`

/** Index of all clients as applications, in the order of their creation; members are client ids. */
export const APPLICATIONS_INDEX = 'applications'
/** The same for one consumer. */
export const applicationsOfConsumer = (consumerId: string): string => `applications:consumer:${consumerId}`
/** Index that holds the one client that has this id as an application. */
export const applicationOfId = (id: string): string => `applications:id:${id}`

/** The id of a client as an application: a UUID that follows from its client id. */
export const applicationId = (clientId: string): string =>
  uuidText(Buffer.from(sha256(`application:${clientId}`), 'base64url'), 8)
