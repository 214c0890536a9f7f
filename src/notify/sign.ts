import { createHmac, type KeyObject, sign } from 'node:crypto'
import type { Instant } from '../core/clock.ts'

/** Standard Webhooks: `whsec_` and base64, or any other text as its UTF-8 bytes. */
export function secretBytes(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
}

export interface Signers {
  /** Every live secret; more than one during a rotation. */
  readonly secrets: readonly string[]
  /** Ed25519 private key. */
  readonly key?: KeyObject
}

/**
 * The three headers of Standard Webhooks for one attempt at `at`: the id that stays, the attempt's own time in seconds,
 * and a signature of `id.timestamp.body` by every signer. Without signers there is no signature.
 */
export function signedHeaders(id: string, at: Instant, body: string, signers: Signers): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const content = Buffer.from(`${id}.${timestamp}.${body}`, 'utf8')
  const signatures = signers.secrets.map(
    (secret) => `v1,${createHmac('sha256', secretBytes(secret)).update(content).digest('base64')}`,
  )
  if (signers.key) signatures.push(`v1a,${sign(null, content, signers.key).toString('base64')}`)
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    ...(signatures.length > 0 ? { 'webhook-signature': signatures.join(' ') } : {}),
  }
}
