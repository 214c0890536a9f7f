import { z } from 'zod'
import { type AccessTokenRecord, tokenId } from '../../oauth/records/access-token.ts'
import { liveTokens } from '../../oauth/revocation/live-tokens.ts'
import { revokeClientTokens } from '../../oauth/revocation/revoke-client-tokens.ts'
import { revokeToken } from '../../oauth/revocation/revoke-token.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'
import { findClient, noSuchClient } from '../clients/find-client.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, readBody } from '../http/read-body.ts'

/** Tokens of a client: which live, and the end of one or of all. */
export function clientTokenRoutes(deps: AdminDeps): readonly AdminRoute[] {
  const list = '/api/apis/oauth/:apiId/:clientId/tokens'
  const one = '/api/apis/oauth/:clientId/revoke'
  const all = '/api/apis/oauth/:clientId/revoke_all'
  return [
    { method: 'GET', path: list, action: 'token.list', handle: (request) => listTokens(request, deps) },
    { method: 'POST', path: one, action: 'token.revoke', handle: (request) => revokeOne(request, deps) },
    { method: 'POST', path: all, action: 'token.revoke_all', handle: (request) => revokeAll(request, deps) },
  ]
}

/** A page may hold fewer than were asked for while there are more: tokens that have ended drop out of it. */
async function listTokens({ params, query }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { value } = await findClient(services.store, params['clientId'], params['apiId'])
  const page = await liveTokens(value, listPage(query), services)
  const here = page.items.filter((token) => token.api === params['apiId'])
  return pageAnswer(here.map(tokenView), page.next)
}

function tokenView(token: AccessTokenRecord): Readonly<Record<string, unknown>> {
  return {
    token_id: tokenId(token.digest),
    api_id: token.api,
    grant_type: token.grantType,
    scope: token.scope.join(' '),
    ...(token.subject === undefined ? {} : { user: token.subject }),
    ...(token.grantId === undefined ? {} : { grant_id: token.grantId }),
    issued_at: isoTime(token.issuedAt),
    expires_at: isoTime(token.expiresAt),
  }
}

/** The token tells its kind itself; the client's own credentials, which the old system wants here, are not needed. */
const revokeBody = z.object({
  token: z.string('the token to revoke').min(1, 'the token to revoke'),
  token_type_hint: z.string().optional(),
})

/** RFC 7009 §2.2: 200 whether or not there was such a token; one of another client is left alone. */
async function revokeOne({ params, body }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const { token } = checked(revokeBody, readBody(body))
  const { value } = await findClient(services.store, params['clientId'])
  const revoked = await revokeToken(token, { clientId: value.clientId }, 'admin', services)
  return { status: 200, body: { status: 'ok' }, audit: { client: value.clientId, revoked } }
}

async function revokeAll({ params }: AdminRequest, { services }: AdminDeps): Promise<AdminAnswer> {
  const clientId = params['clientId'] ?? ''
  if (!(await revokeClientTokens(clientId, services))) throw noSuchClient()
  return { status: 200, body: { status: 'ok' }, audit: { client: clientId } }
}
