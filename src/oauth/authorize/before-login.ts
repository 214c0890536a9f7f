import type { Api, IssuerScheme } from '../../api/api.ts'
import type { Client } from '../clients/client.ts'
import { OAuthError } from '../errors.ts'
import type { Parameters } from '../http.ts'
import { notClosed } from '../policies/not-closed.ts'
import { checkResource } from '../resource.ts'
import { isSubset, parseScope, resolveScope } from '../scope.ts'
import type { AuthorizationRequest, ProvenRedirect, ResponseType } from './authorization-request.ts'
import { GRANT_OF, type Offer } from './offers.ts'
import { codeChallengeOf } from './pkce.ts'

/** What is checked once redirecting is safe: errors go back to the client (RFC 6749 §4.1.2.1, §4.2.2.1). */
export function checkBeforeLogin(
  parameters: Parameters,
  proven: ProvenRedirect,
  api: Api,
  offers: readonly Offer[],
): AuthorizationRequest {
  nothingRepeated(parameters)
  noRequestObject(parameters)
  const responseType = responseTypeOf(parameters, offers)
  const scheme = schemeFor(responseType, parameters, offers)
  defaultResponseMode(parameters, responseType)
  clientMayUse(responseType, proven.client)
  checkResource(parameters, api)
  const scope = resolveScope(parameters.get('scope'), scheme, proven.client)
  const codeChallenge = responseType === 'code' ? codeChallengeOf(parameters, scheme, proven.client) : undefined
  const state = parameters.get('state')
  return {
    ...proven,
    api,
    scheme,
    responseType,
    scope,
    ...(state === undefined ? {} : { state }),
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
  }
}

/** RFC 6749 §3.1. Extensions of other servers may be sent twice, such as `resource` (RFC 8707 §2). */
const SINGLE = ['response_type', 'scope', 'code_challenge', 'code_challenge_method', 'request', 'request_uri']

function nothingRepeated({ repeated }: Parameters): void {
  const name = SINGLE.find((single) => repeated.has(single))
  if (name) throw new OAuthError('invalid_request', `The parameter ${name} was sent more than once.`)
}

/** RFC 9101 §7: to ignore them would be to ignore what the client signed. */
function noRequestObject(parameters: Parameters): void {
  if (parameters.get('request')) {
    throw new OAuthError('request_not_supported', 'Request objects are not supported.')
  }
  if (parameters.get('request_uri')) {
    throw new OAuthError('request_uri_not_supported', 'The parameter request_uri is not supported.')
  }
  if (parameters.get('registration')) {
    throw new OAuthError('registration_not_supported', 'The parameter registration is not supported.')
  }
}

function responseTypeOf(parameters: Parameters, offers: readonly Offer[]): ResponseType {
  const requested = parameters.get('response_type')
  if (requested === undefined) throw new OAuthError('invalid_request', 'The parameter response_type is missing.')
  const offer = offers.find((candidate) => candidate.responseType === requested)
  if (!offer) throw new OAuthError('unsupported_response_type', 'This response_type is not offered here.')
  return offer.responseType
}

/** Of several schemes at one URL: the first that knows every requested scope, else the first. */
function schemeFor(responseType: ResponseType, parameters: Parameters, offers: readonly Offer[]): IssuerScheme {
  const scope = parseScope(parameters.get('scope') ?? '')
  const schemes = offers.filter((offer) => offer.responseType === responseType).map((offer) => offer.scheme)
  const scheme = schemes.find((candidate) => isSubset(scope, [...candidate.scopes.keys()])) ?? schemes[0]
  if (!scheme) throw new OAuthError('unsupported_response_type', 'This response_type is not offered here.')
  return scheme
}

/** OAuth 2.0 Multiple Response Types §5: answers to types with a token stand in the fragment, errors too. */
export function answersInFragment(parameters: Parameters): boolean {
  return (parameters.get('response_type') ?? '').split(' ').includes('token')
}

/** Where the answer stands by default; other ways are not offered, and the metadata says so. */
export const RESPONSE_MODE = { code: 'query', token: 'fragment' } as const satisfies Record<ResponseType, string>

function defaultResponseMode(parameters: Parameters, responseType: ResponseType): void {
  const mode = parameters.get('response_mode')
  if (mode !== undefined && mode !== RESPONSE_MODE[responseType]) {
    throw new OAuthError('invalid_request', 'This response_mode is not supported.')
  }
}

function clientMayUse(responseType: ResponseType, client: Client): void {
  notClosed(client)
  if (client.grantTypes && !client.grantTypes.includes(GRANT_OF[responseType])) {
    throw new OAuthError('unauthorized_client', 'The application may not use this response_type.')
  }
}
