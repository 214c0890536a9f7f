import { createPublicKey, type webcrypto } from 'node:crypto'
import { z } from 'zod'
import { MAX_KEYS } from '../../oauth/client-auth/client-keys.ts'

/** RFC 7518 §6: members that only private and symmetric keys have. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const MIN_RSA_BITS = 2048

/** RFC 7517 §5: the public keys by which a client proves itself (RFC 7523). */
export const keySetBody = z
  .object({
    keys: z
      .array(z.looseObject({ kty: z.string() }))
      .min(1, 'at least one key')
      .max(MAX_KEYS),
  })
  .superRefine(({ keys }, context) => {
    for (const [index, key] of keys.entries()) {
      const message = faultOf(key)
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['keys', index], message })
    }
  })

/** Why a key cannot be used, without a word of the key. */
function faultOf(key: Readonly<Record<string, unknown>>): string | undefined {
  if (PRIVATE.some((name) => name in key)) return 'must be a public key: keep the private one to yourself'
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey({
      key: key as webcrypto.JsonWebKey,
      format: 'jwk',
    })
    const bits = asymmetricKeyDetails?.modulusLength
    if (asymmetricKeyType === 'rsa' && (bits ?? 0) < MIN_RSA_BITS) return `must have at least ${MIN_RSA_BITS} bits`
    return undefined
  } catch {
    return 'must be an EC, RSA or Ed25519 public key as a JWK'
  }
}

/** Where a client publishes its keys. */
export const keySetUrl = z
  .string()
  .max(2000)
  .refine(
    (text) => URL.canParse(text) && new URL(text).protocol === 'https:' && new URL(text).username === '',
    'an https URL without user information',
  )
