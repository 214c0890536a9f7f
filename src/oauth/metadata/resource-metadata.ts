import type { Api, SecurityScheme } from '../../api/api.ts'
import type { TokenSources } from '../../api/settings/token-source.ts'

/** Schemes that take access tokens; their challenges name the metadata. */
export type TokenScheme = Extract<SecurityScheme, { readonly kind: 'issuer' | 'external' | 'bearer' }>

export const isTokenScheme = (scheme: SecurityScheme): scheme is TokenScheme =>
  scheme.kind === 'issuer' || scheme.kind === 'external' || scheme.kind === 'bearer'

/** RFC 9728 §2. */
export function resourceMetadata(api: Api, schemes: readonly TokenScheme[], resource: string): Record<string, unknown> {
  const ways = (['header', 'query'] as const).filter((place) =>
    schemes.some(({ sources }) => isLookedFor(place, sources)),
  )
  const scopes = neededScopes(api)
  const servers = [...new Set(schemes.flatMap((scheme) => serversOf(scheme, api)))]
  return {
    resource,
    authorization_servers: servers.length > 0 ? servers : undefined,
    scopes_supported: scopes.length > 0 ? scopes : undefined,
    bearer_methods_supported: ways,
    resource_name: api.name,
  }
}

const WELL_KNOWN = /\/\.well-known\/openid-configuration$/

/** Who issues the tokens of a scheme, as far as the document tells. */
function serversOf(scheme: TokenScheme, api: Api): string[] {
  if (scheme.kind === 'issuer') return [api.issuer]
  if (scheme.kind === 'bearer') return [] // any issuer of this gateway: §2 lets a resource not name them all
  return (scheme.jwt?.issuers ?? []).flatMap(({ issuer, metadataUrl }) => {
    const server =
      issuer ?? (metadataUrl && WELL_KNOWN.test(metadataUrl) ? metadataUrl.replace(WELL_KNOWN, '') : undefined)
    return server === undefined ? [] : [server]
  })
}

/** The header counts unless it is switched off. */
function isLookedFor(place: 'header' | 'query', sources: TokenSources): boolean {
  return sources[place]?.enabled ?? place === 'header'
}

/** Every scope that some operation requires of access tokens. */
function neededScopes(api: Api): readonly string[] {
  const scopes = new Set<string>()
  for (const operation of api.routes.operations) {
    for (const requirement of operation.security) {
      for (const { scheme, scopes: needed } of requirement) {
        if (scheme.kind === 'issuer' || scheme.kind === 'external') for (const scope of needed) scopes.add(scope)
      }
    }
  }
  return [...scopes]
}
