import type { Api, OAuthEndpoint } from '../api/api.ts'
import { errorAnswer } from './answer.ts'
import { isPreflight, PREFLIGHT, readableFor } from './cross-origin.ts'
import { authorizeEndpoint } from './endpoints/authorize.ts'
import { introspectEndpoint } from './endpoints/introspect.ts'
import { jwksEndpoint } from './endpoints/jwks.ts'
import { revokeEndpoint } from './endpoints/revoke.ts'
import { tokenEndpoint } from './endpoints/token.ts'
import { OAuthError } from './errors.ts'
import type { OAuthRequest, OAuthResponse } from './http.ts'
import { errorPage } from './pages.ts'
import { isProvisioning, provisionEndpoint } from './provision/provision-endpoint.ts'
import type { OAuthServices } from './services.ts'

/** Answers a request to the OAuth endpoint of an API at `path` below its listen path. Never rejects. */
export async function dispatch(
  request: OAuthRequest,
  api: Api,
  path: string,
  services: OAuthServices,
): Promise<OAuthResponse> {
  if (isPreflight(request) && isBackChannel(api, path)) return PREFLIGHT
  const answer = await answerAt(request, api, path, services).catch((error) => errorAnswer(error, services, api.id))
  return request.headers['origin'] === undefined ? answer : readableFor(request, answer, api, services.clients)
}

/** Whether applications in browsers send forms there by script. */
function isBackChannel(api: Api, path: string): boolean {
  const endpoint = api.endpoints.get(path)
  return endpoint !== undefined && (endpoint.extra === 'revoke' || issues(endpoint))
}

const issues = ({ token, refresh }: OAuthEndpoint): boolean => token.length > 0 || refresh.length > 0

async function answerAt(
  request: OAuthRequest,
  api: Api,
  path: string,
  services: OAuthServices,
): Promise<OAuthResponse> {
  const endpoint = api.endpoints.get(path)
  if (endpoint?.extra === 'revoke') return revokeEndpoint(request, api, services)
  if (endpoint?.extra === 'introspect') return introspectEndpoint(request, api, services)
  if (endpoint?.extra === 'jwks') return jwksEndpoint(request, services)
  if (!endpoint) throw new OAuthError('invalid_request', 'There is no such endpoint.', { status: 404 })
  const authorizes = endpoint.authorize.length > 0
  if (request.query.entries.some(([name]) => name === 'provision_key')) throw keyInQuery()
  // Flows may share one URL for both: then only a POST that names a grant is a token request.
  const names = request.method === 'POST' && request.body?.get('response_type') === undefined
  if (issues(endpoint) && (!authorizes || names)) return tokenEndpoint(request, api, path, services)
  if (isProvisioning(request)) return provisionEndpoint(request, api, path, services)
  return (await tooManyFrom(request, api, services)) ?? authorizeEndpoint(request, api, path, services)
}

/** What stands in a URL ends up in logs and histories. */
const keyInQuery = (): OAuthError =>
  new OAuthError('invalid_request', 'The provision_key must not be sent in the query.')

/** A page for the person whose sign-in came when too many came from one address; undefined when it may go on. */
async function tooManyFrom(
  { address }: OAuthRequest,
  api: Api,
  { limits }: OAuthServices,
): Promise<OAuthResponse | undefined> {
  try {
    await limits.fromAddress(address, api)
    return undefined
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const { status, description, code, headers } = error
    return errorPage({ status, title: 'Too many sign-ins', text: description, code, headers })
  }
}
