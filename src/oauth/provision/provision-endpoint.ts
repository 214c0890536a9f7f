import type { Api } from '../../api/api.ts'
import { backChannelAnswer } from '../answer.ts'
import { answerRequest } from '../authorize/authorization-answer.ts'
import { answersInFragment, checkBeforeLogin } from '../authorize/before-login.ts'
import { checkBeforeRedirecting } from '../authorize/before-redirecting.ts'
import { type Offer, offersAt } from '../authorize/offers.ts'
import { errorRedirect } from '../authorize/redirect-url.ts'
import { postedParameters } from '../endpoints/posted-parameters.ts'
import { OAuthError } from '../errors.ts'
import type { OAuthRequest, OAuthResponse, Parameters } from '../http.ts'
import type { OAuthServices } from '../services.ts'
import { newGrantId } from '../tokens/token-format.ts'
import { provisioned } from './provision-key.ts'

/** Whether the API owner's login page asks at the authorization URL, and not a browser. */
export function isProvisioning(request: OAuthRequest): boolean {
  const { body } = request
  return request.method === 'POST' && (body?.entries.some(([name]) => name === 'provision_key') ?? false)
}

/**
 * The authorization URL, asked by the login page of the API owner itself: with the provision key and the user that it has
 * authenticated, and the client's parameters as the browser brought them. Answers `{"redirect_uri"}`, 200 where the client
 * gets what it asked for and 400 where it is told of an error; as long as no redirect is safe, an error of RFC 6749 §5.2.
 */
export async function provisionEndpoint(
  request: OAuthRequest,
  api: Api,
  path: string,
  services: OAuthServices,
): Promise<OAuthResponse> {
  const parameters = postedParameters(request)
  const all = offersAt(api, path)
  const call = {
    api,
    key: parameters.get('provision_key'),
    user: parameters.get('authenticated_userid'),
    clientId: parameters.get('client_id') ?? '',
    address: request.address,
    action: 'provision.authorize',
  } as const
  const { subject, schemes } = provisioned(call, [...new Set(all.map(({ scheme }) => scheme))], services)
  const offers = all.filter(({ scheme }) => schemes.includes(scheme))
  return authorizeFor(subject, parameters, api, offers, request, services)
}

async function authorizeFor(
  subject: string,
  parameters: Parameters,
  api: Api,
  offers: readonly Offer[],
  request: OAuthRequest,
  services: OAuthServices,
): Promise<OAuthResponse> {
  const proven = await checkBeforeRedirecting(parameters, api, offers, services.clients)
  request.identified?.(proven.client.clientId)
  try {
    const asked = checkBeforeLogin(parameters, proven, api, offers)
    const place = { grantId: newGrantId(services.random), consume: { guards: [], writes: [] } }
    const consent = { subject, scope: asked.scope, metadata: {} }
    const { redirectTo } = await answerRequest(asked, consent, place, services)
    return backChannelAnswer(200, { redirect_uri: redirectTo })
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status >= 500) throw error
    const place = answersInFragment(parameters) ? 'fragment' : 'query'
    const back = errorRedirect(error, proven, parameters.get('state'), api, place)
    return backChannelAnswer(400, { redirect_uri: back })
  }
}
