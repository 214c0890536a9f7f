import type { Quota, RateLimit } from '../../api/settings/limits.ts'
import type { Instant } from '../../core/clock.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** What a client may do; assigned to clients by its id. What it leaves out it neither gives nor takes. */
export interface PolicyRecord extends PolicyRules {
  readonly id: string
  readonly name?: string
  /** A policy that is not active closes: its clients may do nothing. */
  readonly active: boolean
  readonly metadata: Readonly<Record<string, unknown>>
  /** `file`: kept as the policy file says, and changed there only. */
  readonly source: 'api' | 'file'
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

export interface PolicyRules {
  readonly access?: readonly AccessRule[]
  readonly rateLimits?: readonly RateLimit[]
  readonly quotas?: readonly Quota[]
  readonly scopes?: readonly string[]
  /** Milliseconds. */
  readonly accessTokenLifetime?: number
  readonly refreshTokenLifetime?: number
}

/** Gives access to an API: to all of it, or to the operations that it names by id, by `METHOD /path` or by tag. */
export interface AccessRule {
  readonly api: string
  readonly operations?: readonly string[]
  readonly tags?: readonly string[]
}

/** Rules for the tokens of one authorization, on top of what the client's policies say. */
export interface SessionRules extends PolicyRules {
  readonly metadata?: Readonly<Record<string, unknown>>
}

const kind = recordKind<PolicyRecord>('policy')

export const policyKey = (id: string): Key<PolicyRecord> => kind(partitionOf(id), id)

/** Index of all policies, in the order of their creation. */
export const POLICIES_INDEX = 'policies'
