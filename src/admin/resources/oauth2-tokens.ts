import { sha256 } from '../../core/digest.ts'
import { FOREVER } from '../../core/duration.ts'
import { outlives } from '../../oauth/clients/outlives.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId } from '../../oauth/records/access-token.ts'
import { applicationId, type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { grantKey, grantPartition } from '../../oauth/records/grant.ts'
import { endAccessToken } from '../../oauth/revocation/end-access-token.ts'
import { revokeGrant } from '../../oauth/revocation/revoke-grant.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import { grantOfAccessToken } from '../../oauth/tokens/grant-of-access-token.ts'
import { type Entry, PARTITIONS } from '../../store/store.ts'
import type { AdminDeps } from '../admin-deps.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { epochSeconds } from '../consumers/consumer-view.ts'
import { entityList, entityPage } from '../consumers/entity-page.ts'
import { entityNotFound } from '../consumers/field-problem.ts'
import { tokenPage } from '../consumers/token-page.ts'

const LIST = '/oauth2_tokens'
const ONE = '/oauth2_tokens/:token'

/** Tokens of all applications. There are only digests of them: what is shown is who may do what for how long. */
export function oauth2TokenRoutes({ services }: Pick<AdminDeps, 'services'>): readonly AdminRoute[] {
  return [
    { method: 'GET', path: LIST, action: 'token.list', handle: (request) => listTokens(request, services) },
    { method: 'GET', path: ONE, action: 'token.get', handle: (request) => getToken(request, services) },
    { method: 'DELETE', path: ONE, action: 'token.delete', handle: (request) => deleteToken(request, services) },
  ]
}

async function listTokens({ query }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const { items, next } = await tokenPage(entityPage(query), services)
  const data = items.map(({ token, client }) => tokenView(token, client, services.clock.now()))
  return entityList(data, next, LIST, query)
}

function tokenView(token: AccessTokenRecord, client: ClientRecord, now: number) {
  return {
    id: idOf(token),
    token_id: tokenId(token.digest),
    credential: { id: applicationId(token.clientId) },
    client_id: token.clientId,
    consumer: client.consumerId === undefined ? null : { id: client.consumerId },
    api: { id: token.api },
    token_type: 'bearer',
    grant_type: token.grantType,
    authenticated_userid: token.subject ?? null,
    scope: token.scope.length === 0 ? null : token.scope.join(' '),
    /** Seconds; 0: never. */
    expires_in: token.expiresAt - token.issuedAt >= FOREVER ? 0 : Math.ceil((token.expiresAt - now) / 1000),
    created_at: epochSeconds(token.issuedAt),
  }
}

/** Says where the token is kept; whoever has it could compute it, and nobody can compute the token from it. */
function idOf({ digest, grantId }: AccessTokenRecord): string {
  return grantId === undefined ? digest : `${grantPartition(grantId)}.${digest}`
}

interface Found {
  readonly entry: Entry<AccessTokenRecord>
  readonly partition: number
  readonly client: ClientRecord
}

/** The live token of that id, or that token itself. Throws 404. */
async function findToken(reference: string, { store, clock, signing }: OAuthServices): Promise<Found | undefined> {
  const grantOfToken = await grantOfAccessToken(reference, signing)
  for (const key of keysOf(reference, grantOfToken)) {
    const [entry] = await store.get([key])
    if (!entry) continue
    const { api, grantId, clientId, issuedAt } = entry.value
    const [grant] = grantId === undefined ? [] : await store.get([grantKey(grantId)])
    const [client] = await store.get([clientKey(clientId)])
    const isLive = entry.value.expiresAt > clock.now() && !grant?.value.revoked
    if (client && isLive && outlives({ api, at: issuedAt }, client.value))
      return { entry, partition: key.partition, client: client.value }
  }
  return undefined
}

/** Where it may be kept. A client's own token stands in any partition, which its id does not say. */
function keysOf(reference: string, grantOfToken: string | undefined) {
  if (grantOfToken !== undefined) return [accessTokenKey(grantPartition(grantOfToken), sha256(reference))]
  const [, partition, digest] = /^(?:(\d{1,2})\.)?([A-Za-z0-9_-]{43})$/.exec(reference) ?? []
  if (digest === undefined) return []
  const partitions =
    partition === undefined ? Array.from({ length: PARTITIONS }, (_, index) => index) : [Number(partition)]
  return partitions.filter((one) => one < PARTITIONS).map((one) => accessTokenKey(one, digest))
}

async function getToken({ params }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const found = await findToken(params['token'] ?? '', services)
  if (!found) throw entityNotFound('token')
  return { status: 200, body: tokenView(found.entry.value, found.client, services.clock.now()) }
}

/** Ends an access token, with the refresh token beside it, as removing the record did. 204 as well when there is none. */
async function deleteToken({ params }: AdminRequest, services: OAuthServices): Promise<AdminAnswer> {
  const found = await findToken(params['token'] ?? '', services)
  if (!found) return { status: 204 }
  const { entry, partition } = found
  const { grantId, clientId, digest } = entry.value
  if (grantId !== undefined) await revokeGrant(grantId, 'admin', services)
  else await endAccessToken(entry, partition, services)
  return { status: 204, audit: { client: clientId, token: tokenId(digest) } }
}
