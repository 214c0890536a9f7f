import type { Api } from '../../api/api.ts'
import { backChannelAnswer } from '../answer.ts'
import { authenticateClient } from '../client-auth/authenticate-client.ts'
import type { Client } from '../clients/client.ts'
import { type Attempt, conflictQueue } from '../conflict-queue.ts'
import { OAuthError } from '../errors.ts'
import type { TokenAnswer } from '../grants/authorization.ts'
import type { GrantRequest } from '../grants/grant.ts'
import { GRANTS } from '../grants/index.ts'
import type { OAuthRequest, OAuthResponse, Parameters } from '../http.ts'
import { endWithoutUser } from '../issue/end-without-user.ts'
import { issue } from '../issue/issue.ts'
import { type OfferedGrant, offeredGrants } from '../offered-grants.ts'
import { notClosed } from '../policies/not-closed.ts'
import { checkResource } from '../resource.ts'
import type { OAuthServices } from '../services.ts'
import { postedParameters } from './posted-parameters.ts'

const winning = conflictQueue()

/**
 * RFC 6749 §3.2: the token endpoint at `path` below the API's listen path; a refresh URL is one that offers no other
 * grant. Throws `OAuthError` and `StoreUnavailable`.
 */
export async function tokenEndpoint(
  request: OAuthRequest,
  api: Api,
  path: string,
  services: OAuthServices,
): Promise<OAuthResponse> {
  const parameters = postedParameters(request)
  checkResource(parameters, api)
  const { grant, schemes } = offeredGrant(parameters, api, path)
  const client = await authenticateClient(request, api, services)
  await services.limits.fromClient(client, request.address, api)
  checkAllowed(client, { grant, schemes })
  const parameter = only(grant.parameters, parameters)
  const asked = { api, schemes, client, parameter, address: request.address }
  const answer = await winning(() => attempt(asked, { grant, schemes }, services))
  return backChannelAnswer(200, answer)
}

function offeredGrant(parameters: Parameters, api: Api, path: string): OfferedGrant {
  const grantType = parameters.get('grant_type')
  if (grantType === undefined) throw new OAuthError('invalid_request', 'The grant_type is missing.')
  const offered = offeredGrants(api, path).get(grantType)
  if (offered) return offered
  const known = GRANTS.has(grantType)
  throw new OAuthError('unsupported_grant_type', known ? 'This grant is not offered here.' : 'Unknown grant_type.')
}

function checkAllowed(client: Client, { grant }: OfferedGrant): void {
  notClosed(client)
  const listed = client.grantTypes?.includes(grant.grantType) ?? true
  if (listed && (grant.publicClients || client.type === 'confidential')) return
  throw new OAuthError('unauthorized_client', 'The client may not use this grant.')
}

/** Shows a grant the parameters that it says it reads, and no other. */
function only(names: readonly string[], parameters: Parameters): GrantRequest['parameter'] {
  return (name) => {
    if (!names.includes(name)) throw new TypeError(`the grant does not declare the parameter ${name}`)
    return parameters.get(name)
  }
}

async function attempt(
  request: GrantRequest,
  { grant }: OfferedGrant,
  services: OAuthServices,
): Promise<Attempt<TokenAnswer>> {
  const outcome = await grant.authorize(request, services)
  if (outcome.kind === 'answered') return { ok: true, value: outcome.answer }
  const issued = await issue(outcome.authorization, services)
  if (!issued.ok) return { ok: false, conflict: issued.conflict }
  await endWithoutUser(outcome.authorization, services)
  return { ok: true, value: issued.answer }
}
