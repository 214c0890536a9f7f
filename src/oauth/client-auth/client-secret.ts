import { sha256 } from '../../core/digest.ts'
import type { Random } from '../../core/random.ts'
import type { Passwords } from '../passwords/passwords.ts'

const MACHINE_MADE = /^gcs_[A-Za-z0-9_-]{43}$/

/** A new client secret with 256 random bits, of characters that no encoding changes. */
export function newClientSecret(random: Random): string {
  return `gcs_${random(32).toString('base64url')}`
}

/** Whether a secret has the form of those that the gateway makes; then guessing is hopeless and a fast hash will do. */
export function isMachineMade(secret: string): boolean {
  return MACHINE_MADE.test(secret)
}

/** What is stored of a secret: `sha256:…` when the gateway made it, `scrypt:…` when someone chose it. */
export async function clientSecretDigest(secret: string, passwords: Passwords): Promise<string> {
  return isMachineMade(secret) ? `sha256:${sha256(secret)}` : passwords.hash(secret)
}
