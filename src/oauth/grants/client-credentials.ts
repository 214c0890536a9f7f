import type { IssuerScheme } from '../../api/api.ts'
import { OAuthError } from '../errors.ts'
import { type Provisioned, type ProvisionedCall, provisioned } from '../provision/provision-key.ts'
import { isSubset, parseScope, resolveScope } from '../scope.ts'
import type { OAuthServices } from '../services.ts'
import { newGrantId } from '../tokens/token-format.ts'
import { authorized, type Grant, type GrantRequest } from './grant.ts'

/** RFC 6749 §4.4: the client acts for itself; by the provision key, on behalf of a user. */
export const clientCredentials: Grant = {
  grantType: 'client_credentials',
  parameters: ['scope', 'provision_key', 'authenticated_userid'],
  flow: 'clientCredentials',
  publicClients: false, // §4.4: MUST only be used by confidential clients
  async authorize(request, services) {
    const { api, client, parameter } = request
    const requested = parameter('scope')
    const user = parameter('authenticated_userid') ?? parameter('provision_key')
    const owner = user === undefined ? undefined : onBehalf(request, 'provision.client_credentials', services)
    const scheme = schemeForScope(owner?.schemes ?? request.schemes, requested)
    return authorized({
      api,
      scheme,
      client,
      scope: resolveScope(requested, scheme, client),
      grantType: 'client_credentials',
      metadata: {},
      ...(owner ? { subject: owner.subject } : {}),
      // What is given on behalf of a user belongs to a grant, so that it can be ended with what else the user has given.
      family: owner ? { kind: 'new', grantId: newGrantId(services.random) } : { kind: 'none' },
    })
  },
}

/** The user that a client names by the provision key of the API. Throws `invalid_provision_key` and its kin. */
export function onBehalf(
  { api, schemes, client, address, parameter }: GrantRequest,
  action: ProvisionedCall['action'],
  services: OAuthServices,
): Provisioned {
  const [key, user] = [parameter('provision_key'), parameter('authenticated_userid')]
  return provisioned({ api, key, user, clientId: client.clientId, address, action }, schemes, services)
}

/** Where several schemes share a URL, the first that knows every scope of the request; else the first. */
export function schemeForScope(schemes: readonly IssuerScheme[], requested: string | undefined): IssuerScheme {
  const scopes = requested === undefined ? [] : parseScope(requested)
  const scheme = schemes.find((candidate) => isSubset(scopes, [...candidate.scopes.keys()])) ?? schemes[0]
  if (!scheme) throw new OAuthError('unsupported_grant_type', 'This grant is not offered here.')
  return scheme
}
