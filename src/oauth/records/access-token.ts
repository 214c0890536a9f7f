import type { Instant } from '../../core/clock.ts'
import { type Key, type Partition, recordKind } from '../../store/store.ts'
import type { SessionRules } from './policy.ts'

/** An access token as the store knows it: everything but the token. */
export interface AccessTokenRecord {
  /** SHA-256 of the token, base64url: also its key. */
  readonly digest: string
  /** RFC 7519 §4.1.7: the id in a token that is a JWT. */
  readonly jti?: string
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  /** The resource owner; absent when the client acts for itself. */
  readonly subject?: string
  readonly scope: readonly string[]
  readonly grantType: string
  /** The grant it belongs to; absent for client credentials. */
  readonly grantId?: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** What the identity server said of this authorization, within what the client's policies allow. */
  readonly session?: SessionRules
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

const kind = recordKind<AccessTokenRecord>('access')
export const accessTokenKey = (partition: Partition, digest: string): Key<AccessTokenRecord> => kind(partition, digest)

/** Index of a client's access tokens, sorted by issue; members are `<partition>.<digest>`. */
export const tokensOfClient = (clientId: string): string => `tokens:client:${clientId}`

/** The public name of a token: the first 16 bytes of its digest. Whoever holds the token can compute it. */
export const tokenId = (digest: string): string =>
  Buffer.from(digest, 'base64url').subarray(0, 16).toString('base64url')
