import { createHmac } from 'node:crypto'
import type { Clock, Instant } from '../../core/clock.ts'
import { equalSecrets, sha256 } from '../../core/digest.ts'
import { lru } from '../../core/lru.ts'
import type { Random } from '../../core/random.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { ClientSecret } from '../records/client.ts'
import { isMachineMade } from './client-secret.ts'

/** Checks what a client presents against the secrets it has. */
export interface SecretCheck {
  /**
   * Whether `presented` is one of the live secrets. How long it takes depends on the form of `presented` alone, not on
   * whether there are secrets: an unknown client is asked about with none. Unless `slow` is false, a chosen secret that
   * is not remembered is hashed. Throws `PasswordsBusy`.
   */
  matches(presented: string, secrets: readonly ClientSecret[], slow?: boolean): Promise<boolean>
}

const VERIFIED_CAPACITY = 10_000
const VERIFIED_FOR = 10 * 60_000

/** Remembers for ten minutes which chosen secret was right, so that the slow hash does not run for every request. */
export function createSecretCheck(options: {
  readonly clock: Clock
  readonly random: Random
  readonly passwords: Passwords
}): SecretCheck {
  const { clock, passwords } = options
  const processKey = options.random(32)
  const verified = lru<string, { readonly mac: string; readonly until: Instant }>(VERIFIED_CAPACITY)

  const matchesChosen = async (presented: string, digests: readonly string[], slow: boolean): Promise<boolean> => {
    const mac = createHmac('sha256', processKey).update(presented).digest('base64url')
    for (const digest of digests) {
      const known = verified.get(digest)
      if (known && clock.now() < known.until && equalSecrets(known.mac, mac)) return true
    }
    if (!slow) return false
    for (const digest of digests) {
      if (!(await passwords.verify(presented, digest))) continue
      verified.set(digest, { mac, until: clock.now() + VERIFIED_FOR })
      return true
    }
    if (digests.length === 0) await passwords.verify(presented, undefined)
    return false
  }
  return {
    async matches(presented, secrets, slow = true) {
      const live = secrets.filter((secret) => secret.expiresAt === undefined || clock.now() < secret.expiresAt)
      const fast = `sha256:${sha256(presented)}`
      let found = false
      for (const { digest } of live) found = equalSecrets(digest, fast) || found
      if (live.length === 0) equalSecrets(fast, fast)
      if (found || isMachineMade(presented)) return found
      const chosen = live.map((secret) => secret.digest).filter((digest) => digest.startsWith('scrypt:'))
      return matchesChosen(presented, chosen, slow)
    },
  }
}
