import type { ExternalScheme, TokenIssuer } from '../../api/api.ts'
import type { Clock, Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { lru } from '../../core/lru.ts'
import type { AccessTokens } from '../../oauth/tokens/access-tokens.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import { tokenKind } from '../../oauth/tokens/token-format.ts'
import { type Claims, principalOf } from './claims.ts'
import { introspect } from './introspect.ts'
import { createKeySet, type KeySet, type KeySetDeps } from './key-set.ts'
import { TokenServerUnavailable } from './token-server-unavailable.ts'
import { looksLikeJwt, verifyJwt } from './verify-jwt.ts'

/** Checks access tokens of other servers. `find` throws `TokenServerUnavailable` when it cannot be known. */
export type ForeignTokens = Pick<AccessTokens, 'peek' | 'find'>

/** Those of all schemes. */
export interface ExternalTokens {
  of(scheme: ExternalScheme): ForeignTokens
}

/** Tokens that are remembered for each scheme, good and bad ones. */
const REMEMBERED = 10_000
/** Key sets that are remembered for all schemes. */
const KEY_SETS = 500
/** What is not good is remembered as such for so long at most (milliseconds). */
const REFUSED_FOR = 10_000
/** A verified JWT is believed for so long before it is verified again: its key may have been withdrawn. */
const VERIFIED_FOR = 60_000
/** After a failure the introspection endpoint is left alone for so long. */
const FAILURE_PAUSE = 1_000
/** RFC 6750 §2.1, and shorter than all headers together may be. */
const TOKEN = /^[A-Za-z0-9._~+/-]{1,16384}=*$/

export function createExternalTokens(deps: KeySetDeps): ExternalTokens {
  const schemes = new WeakMap<ExternalScheme, ForeignTokens>()
  const keySets = lru<string, KeySet>(KEY_SETS)
  const keysOf = (issuer: TokenIssuer, keepFor: number): KeySet => {
    const name = JSON.stringify([issuer.issuer, issuer.jwksUri, issuer.metadataUrl, keepFor])
    const known = keySets.get(name)
    if (known) return known
    const made = createKeySet(issuer, keepFor, deps)
    keySets.set(name, made)
    return made
  }
  return {
    of(scheme) {
      const known = schemes.get(scheme)
      if (known) return known
      const made = foreignTokens(scheme, (issuer) => keysOf(issuer, scheme.jwt?.keysFor ?? 0), deps)
      schemes.set(scheme, made)
      return made
    },
  }
}

function foreignTokens(
  scheme: ExternalScheme,
  keysOf: (issuer: TokenIssuer) => KeySet,
  deps: KeySetDeps,
): ForeignTokens {
  const { clock } = deps
  const remembered = lru<string, { readonly principal: Principal | undefined; readonly until: Instant }>(REMEMBERED)
  const underway = new Map<string, Promise<Principal | undefined>>()
  const ask = checker(scheme, keysOf, deps)

  const check = async (token: string, digest: string): Promise<Principal | undefined> => {
    const claims = await ask(token)
    const principal = claims && principalOf(claims, scheme.claims, scheme.jwt?.leeway ?? 0)
    const isOver = principal?.expiresAt !== undefined && principal.expiresAt <= clock.now()
    const good = isOver ? undefined : principal
    remembered.set(digest, { principal: good, until: rememberedUntil(scheme, token, good, clock) })
    return good
  }
  const lookUp = (digest: string) => {
    const known = remembered.get(digest)
    return known && clock.now() < known.until ? known : undefined
  }
  return {
    peek: (token) => lookUp(sha256(token))?.principal,
    async find(token) {
      // A token of this gateway is nobody else's business.
      if (!TOKEN.test(token) || tokenKind(token) !== undefined) return undefined
      const digest = sha256(token)
      const known = lookUp(digest)
      if (known) return known.principal
      const running = underway.get(digest)
      if (running) return running
      const checking = check(token, digest).finally(() => underway.delete(digest))
      underway.set(digest, checking)
      return checking
    },
  }
}

/** JWTs of the scheme's issuers are verified here; everything else is asked about, where there is somebody to ask. */
function checker(
  scheme: ExternalScheme,
  keysOf: (issuer: TokenIssuer) => KeySet,
  { clock, outbound, log }: KeySetDeps,
) {
  const { jwt, introspection } = scheme
  let failure: { readonly until: Instant; readonly error: TokenServerUnavailable } | undefined
  return async (token: string): Promise<Claims | undefined> => {
    if (jwt && looksLikeJwt(token)) return verifyJwt(token, jwt, keysOf, clock)
    if (!introspection) return undefined
    if (failure && clock.now() < failure.until) throw failure.error
    try {
      return await introspect(token, introspection, outbound)
    } catch (error) {
      if (error instanceof TokenServerUnavailable) {
        log.warn({ scheme: scheme.name, error: error.message }, 'tokens cannot be introspected')
        if (!error.isOfOneToken) failure = { until: clock.now() + FAILURE_PAUSE, error }
      }
      throw error
    }
  }
}

function rememberedUntil(
  scheme: ExternalScheme,
  token: string,
  principal: Principal | undefined,
  clock: Clock,
): Instant {
  const isVerified = scheme.jwt !== undefined && looksLikeJwt(token)
  const longest = isVerified ? VERIFIED_FOR : (scheme.introspection?.cache ?? 0)
  if (!principal) return clock.now() + Math.min(longest, REFUSED_FOR)
  return Math.min(clock.now() + longest, principal.expiresAt ?? Number.POSITIVE_INFINITY)
}
