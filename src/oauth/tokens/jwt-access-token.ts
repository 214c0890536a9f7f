import { type KeyObject, sign, verify } from 'node:crypto'

/** A key that signs, under its name in the published set. */
export interface Signer {
  readonly kid: string
  readonly key: KeyObject
}

/** RFC 9068 §2.2. Instants in seconds. */
export interface AccessTokenClaims {
  readonly iss: string
  readonly aud: string
  readonly sub: string
  readonly client_id: string
  readonly iat: number
  readonly exp: number
  readonly jti: string
  readonly scope?: string
}

/** Longer texts are none of ours: no claim of them has such a length. */
const MAX_LENGTH = 16_384
const GRANT_ID_LENGTH = 22

/** RFC 9068 §2.1, RFC 7515 §3.1: a signed access token. `jti` must come from `jwtId`. */
export function signAccessToken(claims: AccessTokenClaims, { kid, key }: Signer): string {
  const content = `${headerFor(kid)}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
  return `${content}.${signature.toString('base64url')}`
}

/** The id of a token begins with the id of its grant, which says where everything of that grant lives. */
export const jwtId = (grantId: string, unique: Buffer): string => grantId + unique.toString('base64url')

/**
 * The grant id in a JWT that this gateway has signed; undefined for any other text. The header must be as we write it: that
 * leaves no choice of algorithm, type or key to whoever sends it (RFC 8725 §3.1, RFC 9068 §4).
 */
export function grantOfJwt(token: string, keyOf: (kid: string) => KeyObject | undefined): string | undefined {
  if (token.length > MAX_LENGTH) return undefined
  const [header = '', payload = '', signature = '', ...more] = token.split('.')
  if (more.length > 0) return undefined
  const kid = kidIn(header)
  const key = kid === undefined ? undefined : keyOf(kid)
  if (!key) return undefined
  const bytes = Buffer.from(signature, 'base64url')
  const content = Buffer.from(`${header}.${payload}`)
  if (bytes.length !== 64 || !verify('sha256', content, { key, dsaEncoding: 'ieee-p1363' }, bytes)) return undefined
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as AccessTokenClaims // we wrote it
  return claims.jti.slice(0, GRANT_ID_LENGTH)
}

/** The `kid` that a header of ours names. */
export function kidIn(header: string): string | undefined {
  return OUR_HEADER.exec(Buffer.from(header, 'base64url').toString())?.[1]
}

/** Whether a text claims to be a JWT: base64url of `{"`. */
export const looksLikeJwt = (token: string): boolean => token.startsWith('eyJ')

const OUR_HEADER = /^\{"alg":"ES256","typ":"at\+jwt","kid":"([A-Za-z0-9_-]{43})"\}$/

const headerFor = (kid: string): string =>
  Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url')
