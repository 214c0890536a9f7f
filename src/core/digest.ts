import { hash, timingSafeEqual } from 'node:crypto'

/** SHA-256 as 43 base64url characters: the form in which machine-made secrets are stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Compares two strings in time that does not depend on where they differ, nor on their lengths. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(hash('sha256', a, 'buffer'), hash('sha256', b, 'buffer'))
}
