import { publicJwk } from './ed25519.ts'
import type { Endpoint } from './endpoint.ts'

/** The path at which receivers find the public keys of `v1a` signatures. */
export const WEBHOOK_KEYS_PATH = '/.well-known/webhook-keys.json'

/** The body served there: a JWK set (RFC 7517 §5), one key per endpoint that signs with Ed25519. */
export function webhookKeySet(endpoints: Iterable<Endpoint>): {
  readonly keys: readonly Readonly<Record<string, string>>[]
} {
  const keys = new Map<string, Readonly<Record<string, string>>>()
  for (const { signingKey } of endpoints) {
    if (!signingKey) continue
    const jwk = publicJwk(signingKey)
    keys.set(String(jwk['kid']), jwk)
  }
  return { keys: [...keys.values()] }
}
