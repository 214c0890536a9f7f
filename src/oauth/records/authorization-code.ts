import type { Instant } from '../../core/clock.ts'
import { type Key, recordKind } from '../../store/store.ts'
import { grantPartition } from './grant.ts'
import type { SessionRules } from './policy.ts'

/** RFC 6749 §4.1.2: a code, bound to everything it was issued for. */
export interface AuthorizationCodeRecord {
  /** The grant that redeeming it creates; its id stands in the code. */
  readonly grantId: string
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  readonly subject: string
  readonly scope: readonly string[]
  readonly redirectUri: string
  /** Whether the authorization request named the redirect URI: then the token request must repeat it. */
  readonly redirectUriGiven: boolean
  /** RFC 7636: S256 challenge. */
  readonly codeChallenge?: string
  /** Kept apart from the challenge, so that losing one does not switch the check off. */
  readonly pkceRequired: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  readonly session?: SessionRules
  readonly expiresAt: Instant
  /** Set when it was redeemed; it is kept a while, so that a replay is noticed. */
  readonly redeemedAt?: Instant
}

const kind = recordKind<AuthorizationCodeRecord>('code')
/** `digest`: SHA-256 of the code. */
export const codeKey = (grantId: string, digest: string): Key<AuthorizationCodeRecord> =>
  kind(grantPartition(grantId), digest)
