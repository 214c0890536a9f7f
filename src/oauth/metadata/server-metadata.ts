import type { Api, ExtraEndpoint, IssuerScheme } from '../../api/api.ts'
import { RESPONSE_MODE } from '../authorize/before-login.ts'
import { GRANT_OF, offersAt } from '../authorize/offers.ts'
import { CLIENT_AUTH_METHODS } from '../client-auth/index.ts'
import { ASSERTION_ALGORITHMS } from '../client-auth/private-key-jwt.ts'
import { offeredGrants } from '../offered-grants.ts'

/**
 * RFC 8414 §2: what clients may rely on at this issuer. Everything is asked of what decides it at the endpoints, so the
 * document cannot say more, or less, than what they do. Members without a value are left out by JSON.
 */
export function serverMetadata(api: Api, schemes: readonly IssuerScheme[]): Readonly<Record<string, unknown>> {
  const offers = offersAt(api)
  const responseTypes = [...new Set(offers.map((offer) => offer.responseType))]
  // §2 knows one token endpoint: grants that only another one offers are not to be had there.
  const issues = offeredGrants(api, tokenPath(api) ?? '')
  return {
    issuer: api.issuer,
    authorization_endpoint: urlOf(api, authorizationPath(api)),
    token_endpoint: urlOf(api, tokenPath(api)),
    response_types_supported: responseTypes,
    response_modes_supported: responseTypes.map((type) => RESPONSE_MODE[type]),
    grant_types_supported: [...issues.keys(), ...(responseTypes.includes('token') ? [GRANT_OF.token] : [])],
    scopes_supported: [...new Set(schemes.flatMap((scheme) => [...scheme.scopes.keys()]))],
    code_challenge_methods_supported: responseTypes.includes('code') ? ['S256'] : undefined,
    authorization_response_iss_parameter_supported: offers.length > 0 ? true : undefined,
    jwks_uri: urlOf(api, extraPath(api, 'jwks')),
    protected_resources: [api.issuer],
    ...(issues.size === 0 ? {} : backChannel(api)),
  }
}

/** How clients authenticate, at each endpoint that wants them to. */
function backChannel(api: Api): Readonly<Record<string, unknown>> {
  const methods = CLIENT_AUTH_METHODS.map(({ method }) => method)
  const revoke = urlOf(api, extraPath(api, 'revoke'))
  const introspect = urlOf(api, extraPath(api, 'introspect'))
  return {
    token_endpoint_auth_methods_supported: methods,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint: revoke,
    revocation_endpoint_auth_methods_supported: revoke && methods,
    revocation_endpoint_auth_signing_alg_values_supported: revoke && ASSERTION_ALGORITHMS,
    introspection_endpoint: introspect,
    introspection_endpoint_auth_methods_supported: introspect && methods.filter((method) => method !== 'none'),
    introspection_endpoint_auth_signing_alg_values_supported: introspect && ASSERTION_ALGORITHMS,
  }
}

const urlOf = (api: Api, path: string | undefined): string | undefined =>
  path === undefined ? undefined : api.issuer + path

/** Where the most can be had; the first of equals. */
const richest = (paths: readonly string[], wealth: (path: string) => number): string | undefined =>
  paths
    .filter((path) => wealth(path) > 0)
    .reduce<string | undefined>(
      (best, path) => (best !== undefined && wealth(best) >= wealth(path) ? best : path),
      undefined,
    )

const authorizationPath = (api: Api): string | undefined =>
  richest([...api.endpoints.keys()], (path) => new Set(offersAt(api, path).map((offer) => offer.responseType)).size)

const tokenPath = (api: Api): string | undefined =>
  richest([...api.endpoints.keys()], (path) => offeredGrants(api, path).size)

const extraPath = (api: Api, extra: ExtraEndpoint): string | undefined =>
  [...api.endpoints.values()].find((endpoint) => endpoint.extra === extra)?.path
