import { decodeJwt, errors, type JWTVerifyOptions, jwtVerify } from 'jose'
import type { ExternalScheme, TokenIssuer } from '../../api/api.ts'
import type { Clock } from '../../core/clock.ts'
import type { Claims } from './claims.ts'
import type { KeySet } from './key-set.ts'

type JwtRules = NonNullable<ExternalScheme['jwt']>

/** RFC 9068 §4: what an access token may say that it is. Tokens for other purposes are signed by the same keys. */
const TYPES = new Set(['', 'jwt', 'at+jwt', 'application/at+jwt'])

/** Whether a text has the form of a signed JWT (RFC 7515 §7.1). */
export const looksLikeJwt = (token: string): boolean => /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(token)

/**
 * RFC 8725, RFC 9068 §4: the claims of a JWT of one of these issuers; undefined when anything at all speaks against it.
 * Throws `TokenServerUnavailable` when the keys cannot be had.
 */
export async function verifyJwt(
  token: string,
  rules: JwtRules,
  keysOf: (issuer: TokenIssuer) => KeySet,
  clock: Clock,
): Promise<Claims | undefined> {
  const issuer = issuerOf(token)
  const keys = issuer === undefined ? undefined : await keysFrom(issuer, rules, keysOf)
  if (issuer === undefined || !keys) return undefined
  const options: JWTVerifyOptions = {
    algorithms: [...rules.algorithms],
    issuer,
    ...(rules.audience === undefined ? {} : { audience: [...rules.audience] }),
    clockTolerance: rules.leeway / 1000,
    currentDate: new Date(clock.now()),
    requiredClaims: ['exp'],
  }
  try {
    const { payload, protectedHeader } = await verifyWithAny(token, keys, options)
    // A token that is bound to a key (RFC 7800) is worth nothing without a proof of that key.
    if (payload['cnf'] !== undefined || !TYPES.has((protectedHeader.typ ?? '').toLowerCase())) return undefined
    return payload
  } catch (error) {
    if (isOfToken(error)) return undefined
    throw error
  }
}

/**
 * The keys of the issuer that a token names. Issuers whose name only their server tells are asked last, and one that does
 * not answer is in nobody's way: it counts only when no other is meant.
 */
async function keysFrom(
  issuer: string,
  { issuers }: JwtRules,
  keysOf: (issuer: TokenIssuer) => KeySet,
): Promise<KeySet | undefined> {
  const named = issuers.find((source) => source.issuer === issuer)
  if (named) return keysOf(named)
  const unnamed = issuers.filter((source) => source.issuer === undefined).map(keysOf)
  const names = await Promise.allSettled(unnamed.map((keys) => keys.issuer()))
  const meant = names.findIndex((name) => name.status === 'fulfilled' && name.value === issuer)
  if (meant >= 0) return unnamed[meant]
  for (const name of names) if (name.status === 'rejected') throw name.reason
  return undefined
}

/** Malformed, forged, expired (JOSEError), or of a key that is too short (TypeError) or none at all (DOMException). */
const isOfToken = (error: unknown): boolean =>
  error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException

/** A token that names no key may be signed with any of those that fit; a set has few. */
async function verifyWithAny(token: string, keys: KeySet, options: JWTVerifyOptions) {
  try {
    return await jwtVerify(token, keys.keyOf, options)
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error
    for await (const key of error) {
      const verified = await jwtVerify(token, key, options).catch(onlyWrongKey)
      if (verified) return verified
    }
    throw new errors.JWSSignatureVerificationFailed()
  }
}

function onlyWrongKey(error: unknown): undefined {
  const isUnusable = error instanceof TypeError || error instanceof DOMException
  if (!isUnusable && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error
}

/** What an unverified token says of its issuer. */
function issuerOf(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token)
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined // no JWT at all
  }
}
