import { sha256 } from '../../core/digest.ts'
import { FOREVER } from '../../core/duration.ts'
import type { Write } from '../../store/store.ts'
import type { Authorization } from '../grants/authorization.ts'
import { type GrantRecord, grantKey, listsOfGrant } from '../records/grant.ts'
import { mintRefreshToken } from '../tokens/token-format.ts'
import { newAccessToken } from './access-token.ts'
import { lifetimesOf } from './lifetimes.ts'
import { type Planner, tokenAnswer } from './plan.ts'

/** The first tokens of a grant, and the grant itself. */
export const newGrant: Planner = (authorization, services, now) => {
  const { family, scheme, scope, subject } = authorization
  const { random, vault } = services
  if (family.kind !== 'new' || subject === undefined) throw new TypeError('a new grant needs an id and a subject')
  const { grantId } = family
  const access = newAccessToken(authorization, grantId, services, now)
  const refreshToken = mayRefresh(authorization) ? mintRefreshToken(grantId, 1, random, vault) : undefined
  const lifetimes = lifetimesOf(scheme, authorization.client)
  const lifetime = refreshToken === undefined ? lifetimes.accessToken : lifetimes.refreshToken
  const grant: GrantRecord = {
    id: grantId,
    api: authorization.api.id,
    scheme: scheme.name,
    clientId: authorization.client.clientId,
    subject,
    scope,
    grantType: authorization.grantType,
    metadata: authorization.metadata,
    ...(authorization.session === undefined ? {} : { session: authorization.session }),
    createdAt: now,
    expiresAt: now + lifetime,
    access: access.record.digest,
    ...(refreshToken === undefined ? {} : { refresh: { current: sha256(refreshToken), generation: 1, issuedAt: now } }),
  }
  return {
    commit: {
      partition: access.partition,
      guards: [{ key: grantKey(grantId), version: 0 }, ...(family.consume?.guards ?? [])],
      writes: [...(family.consume?.writes ?? []), ...access.writes, ...grantWrites(grant, access.record.expiresAt)],
    },
    event: {
      ...access.told,
      type: 'oauth.token.issued',
      ...(family.code === undefined ? {} : { code: family.code }),
      ...(refreshToken === undefined ? {} : { refreshToken }),
    },
    answer: tokenAnswer(access.token, lifetimes.accessToken, scope, refreshToken),
  }
}

/** A refresh token is for clients that can use it, where the scheme accepts it; never in a URL (RFC 6749 §4.2.2). */
function mayRefresh({ scheme, client, grantType }: Authorization): boolean {
  if (grantType === 'implicit' || grantType === 'client_credentials') return false // nor §4.4.3
  if (lifetimesOf(scheme, client).accessToken >= FOREVER) return false // there is nothing to refresh
  return scheme.settings.refreshToken && (client.grantTypes?.includes('refresh_token') ?? true)
}

/** The record of a grant and its places in the lists. It outlives its last access token, which is dead without it. */
export function grantWrites(grant: GrantRecord, accessExpiresAt: number): readonly Write[] {
  const expiresAt = Math.max(grant.expiresAt, accessExpiresAt)
  const sort = grant.createdAt
  return [
    { op: 'put', key: grantKey(grant.id), value: grant, expiresAt },
    ...listsOfGrant(grant).map((index): Write => ({ op: 'index', index, member: grant.id, sort, expiresAt })),
  ]
}
