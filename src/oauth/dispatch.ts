import type { Api } from '../api/api.ts'
import { errorAnswer } from './answer.ts'
import { authorizeEndpoint } from './endpoints/authorize.ts'
import { introspectEndpoint } from './endpoints/introspect.ts'
import { revokeEndpoint } from './endpoints/revoke.ts'
import { tokenEndpoint } from './endpoints/token.ts'
import { OAuthError } from './errors.ts'
import type { OAuthRequest, OAuthResponse } from './http.ts'
import type { OAuthServices } from './services.ts'

/** Answers a request to the OAuth endpoint of an API at `path` below its listen path. Never rejects. */
export async function dispatch(
  request: OAuthRequest,
  api: Api,
  path: string,
  services: OAuthServices,
): Promise<OAuthResponse> {
  try {
    return await answerAt(request, api, path, services)
  } catch (error) {
    return errorAnswer(error, services.log)
  }
}

function answerAt(request: OAuthRequest, api: Api, path: string, services: OAuthServices): Promise<OAuthResponse> {
  const endpoint = api.endpoints.get(path)
  if (endpoint?.extra === 'revoke') return revokeEndpoint(request, api, services)
  if (endpoint?.extra === 'introspect') return introspectEndpoint(request, api, services)
  if (!endpoint) throw new OAuthError('invalid_request', 'There is no such endpoint.', { status: 404 })
  const issues = endpoint.token.length > 0 || endpoint.refresh.length > 0
  const authorizes = endpoint.authorize.length > 0
  // Flows may share one URL for both: then only a POST that names a grant is a token request.
  const names = request.method === 'POST' && request.body?.get('response_type') === undefined
  if (issues && (!authorizes || names)) return tokenEndpoint(request, api, path, services)
  return authorizeEndpoint(request, api, path, services)
}
