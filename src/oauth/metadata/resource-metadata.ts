import type { Api, ExternalScheme, IssuerScheme } from '../../api/api.ts'
import type { TokenSources } from '../../api/settings/token-source.ts'

/** RFC 9728 §2. */
export function resourceMetadata(
  api: Api,
  schemes: readonly (IssuerScheme | ExternalScheme)[],
  resource: string,
): Record<string, unknown> {
  const ways = (['header', 'query'] as const).filter((place) =>
    schemes.some(({ sources }) => isLookedFor(place, sources)),
  )
  const scopes = neededScopes(api)
  return {
    resource,
    authorization_servers: [...new Set(schemes.flatMap((scheme) => serversOf(scheme, api)))],
    scopes_supported: scopes.length > 0 ? scopes : undefined,
    bearer_methods_supported: ways,
    resource_name: api.name,
  }
}

const WELL_KNOWN = /\/\.well-known\/openid-configuration$/

/** Who issues the tokens of a scheme, as far as the document tells. */
function serversOf(scheme: IssuerScheme | ExternalScheme, api: Api): string[] {
  if (scheme.kind === 'issuer') return [api.issuer]
  return (scheme.jwt?.issuers ?? []).flatMap(({ issuer, metadataUrl }) => {
    const server =
      issuer ?? (metadataUrl && WELL_KNOWN.test(metadataUrl) ? metadataUrl.replace(WELL_KNOWN, '') : undefined)
    return server === undefined ? [] : [server]
  })
}

/** The header counts when the document says nothing of where tokens stand. */
function isLookedFor(place: 'header' | 'query', sources: TokenSources): boolean {
  const unsaid = !sources.header && !sources.query && !sources.cookie
  return sources[place]?.enabled ?? (place === 'header' && unsaid)
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
