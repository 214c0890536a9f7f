import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { Vault } from '../core/vault.ts'

/** RFC 8410 §7: what stands before the 32 bytes of an Ed25519 seed in PKCS #8. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * The Ed25519 private key of an endpoint: `configured` (`whsk_` and the base64 of a 32-byte seed, alone or followed by
 * the public key; or PKCS #8 PEM), else one that follows from the master key and the endpoint's id.
 * Throws `RangeError` for a text that is neither.
 */
export function endpointKey(vault: Vault, endpointId: string, configured?: string): KeyObject {
  if (configured === undefined) return fromSeed(vault.mac('webhook-ed25519', endpointId))
  if (configured.startsWith('whsk_')) {
    const bytes = Buffer.from(configured.slice(5), 'base64')
    if (bytes.length !== 32 && bytes.length !== 64) throw new RangeError('a whsk_ key has 32 or 64 bytes')
    return fromSeed(bytes.subarray(0, 32))
  }
  return fromPem(configured)
}

const fromSeed = (seed: Buffer): KeyObject =>
  createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })

function fromPem(pem: string): KeyObject {
  let key: KeyObject | undefined
  try {
    key = createPrivateKey(pem)
  } catch {
    // said below, without the text of the key
  }
  if (key?.asymmetricKeyType !== 'ed25519') throw new RangeError('not an Ed25519 private key in PKCS #8 PEM')
  return key
}

/** RFC 8037 §2: the public half as a JWK, with the form of Standard Webhooks (`whpk_`) beside it. */
export function publicJwk(key: KeyObject): Readonly<Record<string, string>> {
  const x = String(createPublicKey(key).export({ format: 'jwk' }).x)
  // RFC 7638: the members in lexicographic order, hashed.
  const kid = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')
  const whpk = `whpk_${Buffer.from(x, 'base64url').toString('base64')}`
  return { kty: 'OKP', crv: 'Ed25519', x, kid, use: 'sig', alg: 'EdDSA', whpk }
}
