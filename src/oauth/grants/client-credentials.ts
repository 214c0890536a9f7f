import type { IssuerScheme } from '../../api/api.ts'
import { OAuthError } from '../errors.ts'
import { isSubset, parseScope, resolveScope } from '../scope.ts'
import { authorized, type Grant } from './grant.ts'

/** RFC 6749 §4.4: the client acts for itself. */
export const clientCredentials: Grant = {
  grantType: 'client_credentials',
  parameters: ['scope'],
  flow: 'clientCredentials',
  publicClients: false, // §4.4: MUST only be used by confidential clients
  async authorize({ api, schemes, client, parameter }) {
    const requested = parameter('scope')
    const scheme = schemeForScope(schemes, requested)
    return authorized({
      api,
      scheme,
      client,
      scope: resolveScope(requested, scheme, client),
      grantType: 'client_credentials',
      metadata: {},
      family: { kind: 'none' },
    })
  },
}

/** Where several schemes share a URL, the first that knows every scope of the request; else the first. */
export function schemeForScope(schemes: readonly IssuerScheme[], requested: string | undefined): IssuerScheme {
  const scopes = requested === undefined ? [] : parseScope(requested)
  const scheme = schemes.find((candidate) => isSubset(scopes, [...candidate.scopes.keys()])) ?? schemes[0]
  if (!scheme) throw new OAuthError('unsupported_grant_type', 'This grant is not offered here.')
  return scheme
}
