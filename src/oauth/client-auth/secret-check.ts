import type { Clock } from '../../core/clock.ts'
import { equalSecrets, sha256 } from '../../core/digest.ts'
import type { VerifiedPasswords } from '../passwords/verified-passwords.ts'
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

export function createSecretCheck(options: {
  readonly clock: Clock
  readonly verified: VerifiedPasswords
}): SecretCheck {
  const { clock, verified } = options

  const matchesChosen = async (presented: string, digests: readonly string[], slow: boolean): Promise<boolean> => {
    if (digests.some((digest) => verified.remembers(presented, digest))) return true
    if (!slow) return false
    for (const digest of digests) if (await verified.verify(presented, digest)) return true
    if (digests.length === 0) await verified.verify(presented, undefined)
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
