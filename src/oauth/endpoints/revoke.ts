import type { Api } from '../../api/api.ts'
import { backChannelAnswer } from '../answer.ts'
import { authenticateClient } from '../client-auth/authenticate-client.ts'
import { OAuthError } from '../errors.ts'
import type { OAuthRequest, OAuthResponse } from '../http.ts'
import { revokeToken } from '../revocation/revoke-token.ts'
import type { OAuthServices } from '../services.ts'
import { postedParameters } from './posted-parameters.ts'

/**
 * RFC 7009: a client ends one of its tokens. A token that is unknown, has ended or is another client's gets the same
 * 200, and stays as it is. Throws `OAuthError` and `StoreUnavailable`.
 */
export async function revokeEndpoint(request: OAuthRequest, api: Api, services: OAuthServices): Promise<OAuthResponse> {
  const parameters = postedParameters(request)
  const client = await authenticateClient(request, api, services)
  await services.limits.fromClient(client, request.address, api)
  const token = parameters.get('token')
  if (token === undefined) throw new OAuthError('invalid_request', 'The token is missing.')
  await revokeToken(token, { clientId: client.clientId, api: api.id }, 'client', services)
  return backChannelAnswer(200, {})
}
