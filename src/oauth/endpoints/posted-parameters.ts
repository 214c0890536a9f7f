import { OAuthError } from '../errors.ts'
import { NO_PARAMETERS, type OAuthRequest, type Parameters } from '../http.ts'

/** RFC 8707 §2. */
const REPEATABLE: ReadonlySet<string> = new Set(['resource'])
/** Credentials in a URL end up in logs; nothing of a query is read, but these deserve a plain word. */
const NEVER_IN_QUERY = [
  'client_secret',
  'client_assertion',
  'code',
  'refresh_token',
  'password',
  'token',
  'provision_key',
]

/** The parameters in the body of a POST to the back channel (RFC 6749 §3.2). Throws `invalid_request`. */
export function postedParameters(request: OAuthRequest): Parameters {
  if (request.method !== 'POST') {
    throw new OAuthError('invalid_request', 'Only POST is allowed.', { status: 405, headers: { allow: 'POST' } })
  }
  const { entries } = request.query
  if (entries.length > 0 && entries.some(([name]) => NEVER_IN_QUERY.includes(name))) {
    throw new OAuthError('invalid_request', 'Credentials must not be sent in the query.')
  }
  const parameters = request.body ?? NO_PARAMETERS
  for (const name of parameters.repeated) {
    if (!REPEATABLE.has(name)) throw new OAuthError('invalid_request', 'A parameter was sent more than once.')
  }
  return parameters
}
