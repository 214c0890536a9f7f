import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import type { TokenIssuer } from '../../api/api.ts'
import type { Clock, Instant } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import { fetchJson } from './fetch-json.ts'
import { TokenServerUnavailable } from './token-server-unavailable.ts'

export interface KeySetDeps {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly log: Log
}

/** The public keys of an issuer, fetched when they are first needed and whenever they may have changed. */
export interface KeySet {
  /** `iss` of its tokens: as it was configured, or else as its metadata says. */
  issuer(): Promise<string>
  /** Finds the key of a token. Throws `TokenServerUnavailable`, or the library's error when there is no such key. */
  readonly keyOf: JWTVerifyGetKey
}

/** A token with an unknown key has the set fetched anew so often at most: tokens can be made up (milliseconds). */
const UNKNOWN_KEY_PAUSE = 30_000
/** After a failure the server is left alone for so long. */
const FAILURE_PAUSE = 5_000
/** Keys are used for so long while no newer ones can be had. */
const STALE_FOR = 86_400_000

interface Loaded {
  readonly issuer: string
  readonly find: JWTVerifyGetKey
  readonly at: Instant
}

/** `keepFor`: milliseconds after which the set is fetched anew, in the background. */
export function createKeySet(source: TokenIssuer, keepFor: number, deps: KeySetDeps): KeySet {
  const { clock, log } = deps
  let loaded: Loaded | undefined
  let loading: Promise<Loaded> | undefined
  let failure: { readonly until: Instant; readonly error: unknown } | undefined

  const load = (): Promise<Loaded> => {
    if (loading) return loading
    if (failure && clock.now() < failure.until) return Promise.reject(failure.error)
    loading = fetchKeys(source, deps)
      .then((fresh) => {
        failure = undefined
        loaded = fresh
        return fresh
      })
      .catch((error: unknown) => {
        failure = { until: clock.now() + FAILURE_PAUSE, error }
        log.warn({ issuer: nameOf(source), error: String(error) }, 'the keys of an issuer cannot be fetched')
        throw error
      })
      .finally(() => {
        loading = undefined
      })
    return loading
  }
  const current = (): Promise<Loaded> => {
    const age = loaded ? clock.now() - loaded.at : Number.POSITIVE_INFINITY
    if (!loaded || age >= keepFor + STALE_FOR) return load()
    if (age >= keepFor) load().catch(() => {}) // logged; what is known is used meanwhile
    return Promise.resolve(loaded)
  }
  return {
    issuer: async () => (await current()).issuer,
    async keyOf(header, token) {
      const known = await current()
      try {
        return await known.find(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey) || clock.now() - known.at < UNKNOWN_KEY_PAUSE) throw error
        const fresh = await load().catch(() => known)
        return fresh.find(header, token)
      }
    },
  }
}

async function fetchKeys(source: TokenIssuer, deps: KeySetDeps): Promise<Loaded> {
  const at = deps.clock.now()
  const metadata = source.jwksUri === undefined || source.issuer === undefined ? await discover(source, deps) : {}
  const issuer = source.issuer ?? metadata['issuer']
  const url = source.jwksUri ?? metadata['jwks_uri']
  if (typeof issuer !== 'string' || typeof url !== 'string') {
    throw new TokenServerUnavailable(`the metadata of ${nameOf(source)} names no issuer or no jwks_uri`)
  }
  const { keys } = (await fetchJson(deps.outbound, url)) ?? {}
  try {
    // RFC 7517 §5: what is no key is ignored. What is no list is for the library to refuse.
    const set = { keys: Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : keys }
    return { issuer, find: createLocalJWKSet(set as JSONWebKeySet), at }
  } catch {
    throw new TokenServerUnavailable(`${url} holds no key set`)
  }
}

/** OpenID Connect Discovery §4.3: metadata that names another issuer than the one that was asked for is not used. */
async function discover(source: TokenIssuer, { outbound }: KeySetDeps): Promise<Readonly<Record<string, unknown>>> {
  for (const url of metadataUrls(source)) {
    const metadata = await fetchJson(outbound, url)
    if (!metadata) continue
    if (source.issuer !== undefined && metadata['issuer'] !== source.issuer) {
      throw new TokenServerUnavailable(`${url} describes another issuer than ${source.issuer}`)
    }
    return metadata
  }
  throw new TokenServerUnavailable(`there is no metadata of ${nameOf(source)}`)
}

/** What the document names; else below the issuer, and between host and path (RFC 8414 §3.1). */
function metadataUrls({ issuer = '', metadataUrl }: TokenIssuer): string[] {
  if (metadataUrl !== undefined) return [metadataUrl]
  if (!URL.canParse(issuer)) return []
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

const nameOf = ({ issuer, metadataUrl, jwksUri }: TokenIssuer): string => issuer ?? metadataUrl ?? jwksUri ?? ''
