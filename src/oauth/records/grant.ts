import type { Instant } from '../../core/clock.ts'
import { type Key, PARTITIONS, type Partition, recordKind } from '../../store/store.ts'
import type { SessionRules } from './policy.ts'

/** What a resource owner has allowed a client: the family of all codes and tokens that come from one authorization. */
export interface GrantRecord {
  readonly id: string
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  readonly subject: string
  /** The widest scope that may ever be issued from it. */
  readonly scope: readonly string[]
  readonly grantType: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly session?: SessionRules
  readonly createdAt: Instant
  /** End of the refresh token's absolute lifetime, or of the access token when there is none. */
  readonly expiresAt: Instant
  /** Digest of the access token that lives now. */
  readonly access: string
  readonly refresh?: RefreshState
  readonly revoked?: { readonly at: Instant; readonly reason: RevocationReason }
}

export interface RefreshState {
  /** Digest of the refresh token that is valid now. */
  readonly current: string
  readonly generation: number
  readonly issuedAt: Instant
  /** The token before it: for a moment it gets the same answer again. */
  readonly previous?: {
    readonly digest: string
    readonly usedAt: Instant
    /** The answer, sealed under a key that only the holder of that token has. */
    readonly answer: string
  }
}

export type RevocationReason = 'user' | 'client' | 'admin' | 'code_replay' | 'refresh_replay'

/** Grants, codes, login challenges and tokens of one authorization share a partition: the first byte of the grant id. */
export function grantPartition(grantId: string): Partition {
  return (Buffer.from(grantId.slice(0, 4), 'base64url')[0] ?? 0) % PARTITIONS
}

const kind = recordKind<GrantRecord>('grant')
export const grantKey = (grantId: string): Key<GrantRecord> => kind(grantPartition(grantId), grantId)

/** Index of the live grants of a client; members are grant ids, sorted by creation. */
export const grantsOfClient = (clientId: string): string => `grants:client:${clientId}`
/** Index of the live grants of a subject at an API. */
export const grantsOfSubject = (apiId: string, subject: string): string => `grants:subject:${apiId}:${subject}`
/** Index of the live grants that somebody got at any API with the password of a user of that name. */
export const grantsOfPassword = (username: string): string => `grants:password:${username}`

/** The lists that a grant stands in while it lives. */
export const listsOfGrant = ({ clientId, api, subject, grantType }: GrantRecord): readonly string[] => [
  grantsOfClient(clientId),
  grantsOfSubject(api, subject),
  ...(grantType === 'password' ? [grantsOfPassword(subject)] : []),
]
