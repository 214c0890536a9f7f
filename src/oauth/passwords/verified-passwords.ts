import { createHmac } from 'node:crypto'
import type { Clock, Instant } from '../../core/clock.ts'
import { equalSecrets } from '../../core/digest.ts'
import { lru } from '../../core/lru.ts'
import type { Random } from '../../core/random.ts'
import type { Passwords } from './passwords.ts'

/** Remembers for ten minutes what was right, so that the slow hash does not run for every request. */
export interface VerifiedPasswords {
  /** Whether the password is remembered as the one of the digest. */
  remembers(password: string, digest: string): boolean
  /** Whether the password belongs to the digest; one that is not remembered is hashed. Throws `PasswordsBusy`. */
  verify(password: string, digest: string | undefined): Promise<boolean>
}

const CAPACITY = 10_000
const REMEMBERED_FOR = 10 * 60_000

/** Keeps no password: an HMAC of it under a key of this process, by the digest, so that a change forgets it. */
export function createVerifiedPasswords(options: {
  readonly clock: Clock
  readonly random: Random
  readonly passwords: Passwords
}): VerifiedPasswords {
  const { clock, passwords } = options
  const processKey = options.random(32)
  const right = lru<string, { readonly mac: string; readonly until: Instant }>(CAPACITY)
  const macOf = (password: string): string => createHmac('sha256', processKey).update(password).digest('base64url')
  const remembers = (password: string, digest: string): boolean => {
    const known = right.get(digest)
    return known !== undefined && clock.now() < known.until && equalSecrets(known.mac, macOf(password))
  }
  return {
    remembers,
    async verify(password, digest) {
      if (digest !== undefined && remembers(password, digest)) return true
      if (!(await passwords.verify(password, digest)) || digest === undefined) return false
      right.set(digest, { mac: macOf(password), until: clock.now() + REMEMBERED_FOR })
      return true
    },
  }
}
