import type { Api, IssuerScheme } from '../../api/api.ts'
import type { TokenSources } from '../../api/settings/token-source.ts'

/** RFC 9728 §2. */
export function resourceMetadata(
  api: Api,
  schemes: readonly IssuerScheme[],
  resource: string,
): Record<string, unknown> {
  const ways = (['header', 'query'] as const).filter((place) =>
    schemes.some(({ sources }) => isLookedFor(place, sources)),
  )
  const scopes = neededScopes(api)
  return {
    resource,
    authorization_servers: [api.issuer],
    scopes_supported: scopes.length > 0 ? scopes : undefined,
    bearer_methods_supported: ways,
    resource_name: api.name,
  }
}

/** The header counts when the document says nothing of where tokens stand. */
function isLookedFor(place: 'header' | 'query', sources: TokenSources): boolean {
  const unsaid = !sources.header && !sources.query && !sources.cookie
  return sources[place]?.enabled ?? (place === 'header' && unsaid)
}

/** Every scope that some operation requires of this gateway's tokens. */
function neededScopes(api: Api): readonly string[] {
  const scopes = new Set<string>()
  for (const operation of api.routes.operations) {
    for (const requirement of operation.security) {
      for (const { scheme, scopes: needed } of requirement) {
        if (scheme.kind === 'issuer') for (const scope of needed) scopes.add(scope)
      }
    }
  }
  return [...scopes]
}
