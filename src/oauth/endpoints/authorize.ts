import type { Api } from '../../api/api.ts'
import { StoreUnavailable } from '../../store/store.ts'
import type { AuthorizationRequest, ProvenRedirect } from '../authorize/authorization-request.ts'
import { answersInFragment, checkBeforeLogin } from '../authorize/before-login.ts'
import { checkBeforeRedirecting } from '../authorize/before-redirecting.ts'
import { keepForLogin } from '../authorize/login-challenge.ts'
import { offersAt } from '../authorize/offers.ts'
import { errorRedirect, withParameters } from '../authorize/redirect-url.ts'
import { OAuthError } from '../errors.ts'
import { NO_PARAMETERS, NO_STORE, type OAuthRequest, type OAuthResponse, type Parameters } from '../http.ts'
import { errorPage } from '../pages.ts'
import type { OAuthServices } from '../services.ts'

export type AuthorizeDeps = Pick<OAuthServices, 'clients' | 'store' | 'clock' | 'random'>

/**
 * RFC 6749 §3.1: the authorization endpoint at `path` below the API's listen path. Sends the browser to the login page,
 * back to the client with an error, or, as long as neither is safe, shows an error page. Never rejects for bad input or a
 * store that does not answer.
 */
export async function authorizeEndpoint(
  request: OAuthRequest,
  api: Api,
  path: string,
  deps: AuthorizeDeps,
): Promise<OAuthResponse> {
  const parameters = parametersOf(request)
  if (!parameters) return methodPage()
  const offers = offersAt(api, path)
  let proven: ProvenRedirect
  try {
    proven = await checkBeforeRedirecting(parameters, api, offers, deps.clients)
    request.identified?.(proven.client.clientId)
  } catch (error) {
    return pageFor(error)
  }
  try {
    return await sendToLogin(checkBeforeLogin(parameters, proven, api, offers), parameters, deps)
  } catch (error) {
    return sendBack(error, parameters, proven, api)
  }
}

/** RFC 6749 §3.1: GET takes the query, POST the form; what stands elsewhere does not count. */
function parametersOf(request: OAuthRequest): Parameters | undefined {
  if (request.method === 'GET') return request.query
  if (request.method === 'POST') return request.body ?? NO_PARAMETERS
  return undefined
}

/** What must not travel on: a challenge that was not made here, and secrets that a client sent by mistake. */
const NOT_PASSED_ON = new Set(['login_challenge', 'client_secret', 'client_assertion', 'provision_key', 'password'])

async function sendToLogin(
  request: AuthorizationRequest,
  parameters: Parameters,
  deps: AuthorizeDeps,
): Promise<OAuthResponse> {
  const page = request.scheme.settings.authLoginRedirect
  if (page === undefined) throw new OAuthError('server_error', 'This API has no login page.')
  const challenge = await keepForLogin(request, deps)
  const passedOn = parameters.entries.filter(([name]) => !NOT_PASSED_ON.has(name))
  return redirect(307, withParameters(page, [...passedOn, ['login_challenge', challenge]]))
}

function sendBack(error: unknown, parameters: Parameters, proven: ProvenRedirect, api: Api): OAuthResponse {
  const shown = error instanceof StoreUnavailable ? TEMPORARILY : error
  if (!(shown instanceof OAuthError)) throw error
  const place = answersInFragment(parameters) ? 'fragment' : 'query'
  // RFC 9700 §4.12: 303, so that a form is not posted on to the client.
  return redirect(303, errorRedirect(shown, proven, parameters.get('state'), api, place))
}

const TEMPORARILY = new OAuthError('temporarily_unavailable', 'Try again in a moment.')

function redirect(status: 303 | 307, location: string): OAuthResponse {
  return { status, headers: { location, 'referrer-policy': 'no-referrer', ...NO_STORE } }
}

function pageFor(error: unknown): OAuthResponse {
  if (error instanceof StoreUnavailable) {
    return errorPage({
      status: 503,
      title: 'Not available right now',
      text: TEMPORARILY.description,
      code: TEMPORARILY.code,
      headers: { 'retry-after': '5' },
    })
  }
  if (!(error instanceof OAuthError)) throw error
  return errorPage({ status: 400, title: 'This sign-in cannot go on', text: error.description, code: error.code })
}

function methodPage(): OAuthResponse {
  return errorPage({
    status: 405,
    title: 'This sign-in cannot go on',
    text: 'An authorization request is sent with GET or POST.',
    code: 'invalid_request',
    headers: { allow: 'GET, POST' },
  })
}
