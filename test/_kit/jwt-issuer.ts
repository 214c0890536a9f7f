import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type JWTPayload, SignJWT } from 'jose'
import { startUpstream, type Upstream } from './upstream.ts'

export interface JwtIssuer {
  /** Its `iss`, without trailing slash. */
  readonly issuer: string
  readonly jwksUri: string
  /** The server itself: it counts, and may be told to answer otherwise. */
  readonly server: Upstream
  /** Signs with another key from now on; the key set has the new one only. Gives the old one. */
  rotate(): KeyObject
  readonly publicKey: () => KeyObject
  sign(claims?: JWTPayload, header?: Readonly<Record<string, unknown>>, key?: KeyObject): Promise<string>
  close(): Promise<void>
}

/** A server that signs JWTs with ES256 and publishes its keys. `now`: milliseconds. */
export async function startJwtIssuer(now: () => number): Promise<JwtIssuer> {
  const server = await startUpstream()
  let count = 0
  let pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const kid = () => `key-${count}`
  const publish = (): void => {
    const key = { ...pair.publicKey.export({ format: 'jwk' }), kid: kid(), use: 'sig', alg: 'ES256' }
    server.answer({ headers: { 'content-type': 'application/json' }, body: JSON.stringify({ keys: [key] }) })
  }
  publish()
  return {
    issuer: server.url,
    jwksUri: `${server.url}/jwks`,
    server,
    publicKey: () => pair.publicKey,
    rotate() {
      const old = pair.privateKey
      count++
      pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      publish()
      return old
    },
    sign(claims = {}, header = {}, key = pair.privateKey) {
      const seconds = Math.floor(now() / 1000)
      const all = { iss: server.url, aud: 'orders', sub: 'ann', client_id: 'app', scope: 'read', exp: seconds + 300 }
      return new SignJWT({ ...all, iat: seconds, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: kid(), typ: 'at+jwt', ...header })
        .sign(key)
    },
    close: () => server.close(),
  }
}
