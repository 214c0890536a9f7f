import type { Api } from '../api/api.ts'
import { OAuthError } from './errors.ts'
import type { Parameters } from './http.ts'

/**
 * RFC 8707 §2: the resource that a token is for is the API itself, named with or without trailing slash; naming none
 * means the same. Throws `invalid_target` for any other.
 */
export function checkResource(parameters: Parameters, api: Api): void {
  for (const resource of parameters.all('resource')) {
    if (resource === api.issuer || resource === `${api.issuer}/`) continue
    throw new OAuthError('invalid_target', 'Tokens for this resource are not issued here.')
  }
}
