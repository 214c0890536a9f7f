import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import type { Instant } from '../core/clock.ts'
import { secretBytes } from './sign.ts'

/** What a receiver knows of its sender. */
export interface Trusted {
  /** Secrets of `v1` signatures. */
  readonly secrets: readonly string[]
  /** RFC 8037: `x` members of the Ed25519 keys of `v1a` signatures. */
  readonly keys: readonly string[]
}

export type Verdict =
  | { readonly ok: true; readonly id: string; readonly scheme: 'v1' | 'v1a' }
  | { readonly ok: false; readonly reason: string }

/** Seconds that the time of an attempt may be away from now, either way. */
const TOLERANCE = 300

/** Standard Webhooks: checks the three headers of a notification against its raw bytes. One good signature is enough. */
export function verifyNotification(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Uint8Array,
  trusted: Trusted,
  now: Instant,
): Verdict {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  )
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') {
    return { ok: false, reason: 'a webhook header is missing' }
  }
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'the timestamp is no number of seconds' }
  if (Math.abs(now / 1000 - Number(timestamp)) > TOLERANCE) {
    return { ok: false, reason: 'the timestamp is more than five minutes away from now' }
  }
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
  for (const signature of signatures.split(' ')) {
    const comma = signature.indexOf(',')
    const scheme = signature.slice(0, comma)
    const given = Buffer.from(signature.slice(comma + 1), 'base64')
    if (scheme === 'v1' && trusted.secrets.some((secret) => isMac(secret, content, given)))
      return { ok: true, id, scheme }
    if (scheme === 'v1a' && trusted.keys.some((x) => isSignature(x, content, given))) return { ok: true, id, scheme }
  }
  return { ok: false, reason: 'no signature is good' }
}

function isMac(secret: string, content: Buffer, given: Buffer): boolean {
  const expected = createHmac('sha256', secretBytes(secret)).update(content).digest()
  return expected.length === given.length && timingSafeEqual(expected, given)
}

function isSignature(x: string, content: Buffer, given: Buffer): boolean {
  try {
    return verify(null, content, createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }), given)
  } catch {
    return false // not a key
  }
}
