import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Instant } from '../../core/clock.ts'
import type { Vault } from '../../core/vault.ts'
import type { SigningKeyRecord } from '../records/signing-key.ts'

const PURPOSE = 'signing-key'

/** A new P-256 key pair. Its private half leaves this function sealed, bound to its `kid`. */
export function newSigningKey(vault: Vault, now: Instant, activeAt: Instant): SigningKeyRecord {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const kid = thumbprint(x, y)
  const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url')
  return { kid, x, y, sealed: vault.seal(PURPOSE, pkcs8, kid), createdAt: now, activeAt }
}

/** RFC 7638 §3.2: the members of an EC key in their order, without blanks. */
function thumbprint(x: string, y: string): string {
  return createHash('sha256').update(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`).digest('base64url')
}

/** Throws `Error` when the master key is not the one under which the key was sealed. */
export function privateKeyOf(record: SigningKeyRecord, vault: Vault): KeyObject {
  const pkcs8 = vault.open(PURPOSE, record.sealed, record.kid)
  if (pkcs8 === undefined) throw new Error('the master key does not open the signing keys of this store')
  return createPrivateKey({ key: Buffer.from(pkcs8, 'base64url'), format: 'der', type: 'pkcs8' })
}

export function publicKeyOf({ x, y }: SigningKeyRecord): KeyObject {
  return createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
}

/** RFC 7517: the key as it stands in the published set. */
export function publicJwk({ kid, x, y }: SigningKeyRecord): Readonly<Record<string, string>> {
  return { kty: 'EC', crv: 'P-256', x, y, kid, use: 'sig', alg: 'ES256' }
}
