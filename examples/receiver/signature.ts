import { createHmac, timingSafeEqual } from 'node:crypto'

/** Seconds that a message's timestamp may be away from now, in both directions. */
export const TOLERANCE = 300

export type Verdict = { readonly ok: true; readonly id: string; readonly timestamp: number } | Refusal
export interface Refusal {
  readonly ok: false
  readonly reason: string
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

/**
 * Verifies a message as Standard Webhooks prescribe: HMAC-SHA256 over `id.timestamp.body` of the raw bytes, one of the
 * space-separated `v1` signatures must match, and the timestamp must be recent.
 * `now` is in milliseconds.
 */
export function verifySignature(headers: Headers, body: Uint8Array, secret: string, now: number): Verdict {
  const id = text(headers['webhook-id'])
  const timestamp = text(headers['webhook-timestamp'])
  const signatures = text(headers['webhook-signature'])
  if (!id || !timestamp || !signatures) return { ok: false, reason: 'a webhook header is missing' }
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'the timestamp is not a number of seconds' }
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE) {
    return { ok: false, reason: 'the timestamp is too far from now' }
  }
  const expected = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest()
  const matches = signatures.split(' ').some((signature) => matchesOne(signature, expected))
  return matches ? { ok: true, id, timestamp: Number(timestamp) } : { ok: false, reason: 'no signature matches' }
}

const text = (value: string | string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined

/** `whsec_…` is base64; any other secret is used as it is. */
function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
}

function matchesOne(signature: string, expected: Buffer): boolean {
  const comma = signature.indexOf(',')
  if (signature.slice(0, comma) !== 'v1') return false
  const given = Buffer.from(signature.slice(comma + 1), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
