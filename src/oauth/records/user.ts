import type { Instant } from '../../core/clock.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** A resource owner registered with the gateway, for the password grant and for HTTP Basic. */
export interface UserRecord {
  readonly username: string
  /** `scrypt:…` */
  readonly password: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

const kind = recordKind<UserRecord>('user')
export const userKey = (username: string): Key<UserRecord> => kind(partitionOf(username), username)
export const USERS_INDEX = 'users'
