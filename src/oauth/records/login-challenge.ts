import type { Instant } from '../../core/clock.ts'
import { type Key, recordKind } from '../../store/store.ts'
import { grantPartition } from './grant.ts'

/** A validated authorization request that waits for the identity server's decision. */
export interface LoginChallengeRecord {
  /** The grant that accepting it leads to; its id stands in the challenge, so that both are in one partition. */
  readonly grantId: string
  readonly api: string
  readonly scheme: string
  readonly clientId: string
  readonly responseType: 'code' | 'token'
  readonly redirectUri: string
  readonly redirectUriGiven: boolean
  readonly scope: readonly string[]
  readonly state?: string
  readonly codeChallenge?: string
  readonly expiresAt: Instant
}

const kind = recordKind<LoginChallengeRecord>('login')
/** `digest`: SHA-256 of the challenge that stands in the login page's query. */
export const loginChallengeKey = (grantId: string, digest: string): Key<LoginChallengeRecord> =>
  kind(grantPartition(grantId), digest)
