import { z } from 'zod'
import { Problem } from '../../core/problem.ts'
import { type GrantRecord, grantKey } from '../../oauth/records/grant.ts'
import { grantsOf } from '../../oauth/revocation/grants-of.ts'
import { revokeGrant } from '../../oauth/revocation/revoke-grant.ts'
import { revokeSubject } from '../../oauth/revocation/revoke-subject.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'
import { knownApi } from '../clients/find-client.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checkedQuery } from '../http/read-body.ts'

/** What resource owners have allowed clients: shown to them by their account page, and withdrawn there. */
export function grantRoutes(deps: AdminDeps): readonly AdminRoute[] {
  const all = '/api/apis/:apiId/users/:user/grants'
  const one = '/api/apis/:apiId/grants/:grantId'
  return [
    { method: 'GET', path: all, action: 'grant.list', handle: (request) => listGrants(request, deps) },
    { method: 'DELETE', path: all, action: 'grant.revoke_all', handle: (request) => revokeAll(request, deps) },
    { method: 'DELETE', path: one, action: 'grant.revoke', handle: (request) => revokeOne(request, deps) },
  ]
}

/** A page may hold fewer than were asked for while there are more: grants that have ended drop out of it. */
async function listGrants({ params, query }: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const { id } = knownApi(library, params['apiId'])
  const { items, next } = await grantsOf(id, params['user'] ?? '', listPage(query), services)
  return pageAnswer(items.map(grantView), next)
}

const grantView = (grant: GrantRecord): Readonly<Record<string, unknown>> => ({
  grant_id: grant.id,
  api_id: grant.api,
  client_id: grant.clientId,
  user: grant.subject,
  scope: grant.scope.join(' '),
  grant_type: grant.grantType,
  created_at: isoTime(grant.createdAt),
  expires_at: isoTime(grant.expiresAt),
})

/** Who wanted it; receivers are told. */
const revokeQuery = z.object({ reason: z.enum(['user', 'admin']).default('user') })
const reasonIn = ({ query }: AdminRequest) => checkedQuery(revokeQuery, { reason: query.get('reason') }).reason

async function revokeAll(request: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const { id } = knownApi(library, request.params['apiId'])
  const user = request.params['user'] ?? ''
  const reason = reasonIn(request)
  const revoked = await revokeSubject(id, user, reason, services)
  return { status: 200, body: { revoked }, audit: { api: id, user, reason, revoked } }
}

async function revokeOne(request: AdminRequest, { library, services }: AdminDeps): Promise<AdminAnswer> {
  const { id } = knownApi(library, request.params['apiId'])
  const grantId = request.params['grantId'] ?? ''
  const reason = reasonIn(request)
  const [grant] = await services.store.get([grantKey(grantId)])
  if (grant?.value.api !== id) throw new Problem(404, 'grant_not_found', 'There is no such grant.')
  const revoked = await revokeGrant(grantId, reason, services)
  return { status: 204, audit: { api: id, grant: grantId, client: grant.value.clientId, reason, revoked } }
}
