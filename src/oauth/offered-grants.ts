import type { Api, IssuerScheme, OAuthEndpoint } from '../api/api.ts'
import type { Grant } from './grants/grant.ts'
import { GRANTS } from './grants/index.ts'

export interface OfferedGrant {
  readonly grant: Grant
  /** The schemes that offer it there, at least one. */
  readonly schemes: readonly IssuerScheme[]
}

type Offers = ReadonlyMap<string, OfferedGrant>
const NOTHING: Offers = new Map()
const known = new WeakMap<Api, ReadonlyMap<string, Offers>>()

/** What the token endpoint at `path` below the listen path offers, by `grant_type`. Decided once for each API. */
export function offeredGrants(api: Api, path: string): Offers {
  let byPath = known.get(api)
  if (!byPath) {
    byPath = new Map([...api.endpoints.values()].map((endpoint) => [endpoint.path, offersOf(api, endpoint)]))
    known.set(api, byPath)
  }
  return byPath.get(path) ?? NOTHING
}

function offersOf(api: Api, endpoint: OAuthEndpoint): Offers {
  const offers = new Map<string, OfferedGrant>()
  for (const [grantType, grant] of GRANTS) {
    const names = grant.flow === undefined ? [...endpoint.token, ...endpoint.refresh] : endpoint.token
    const schemes = [...new Set(names)].flatMap((name) => {
      const scheme = api.securitySchemes.get(name)
      return scheme?.kind === 'issuer' && isOffered(scheme, grant, endpoint.path) ? [scheme] : []
    })
    if (schemes.length > 0) offers.set(grantType, { grant, schemes })
  }
  return offers
}

/** A flow that the document declares switches its grant on, at its own URL; refreshing is a setting. */
function isOffered({ flows, settings }: IssuerScheme, { flow }: Grant, path: string): boolean {
  if (flow === undefined) return settings.refreshToken
  if (flow === 'authorizationCode' && !settings.allowedAuthorizeTypes.includes('code')) return false
  return flows[flow]?.tokenPath === path
}
