import { sha256 } from '../../core/digest.ts'
import { type TokenEvent, withAnnouncement } from '../../notify/event.ts'
import type { Commit } from '../../store/store.ts'
import { OAuthError } from '../errors.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId, tokensOfClient } from '../records/access-token.ts'
import { grantKey, grantPartition, type RevocationReason } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'
import { MARK } from '../tokens/marks.ts'
import { readRefreshToken, readToken } from '../tokens/token-format.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

/** Whose token it must be: a client, at one API or at any. */
export interface TokenOwner {
  readonly clientId: string
  readonly api?: string
}

/**
 * RFC 7009 §2.1: ends a token if it is the owner's. An access token ends alone, unless its grant has nothing else; a
 * refresh token, even one that was used already, ends its whole family. What the token is shows in the token, so hints
 * are not needed. False when there was nothing to end. Throws `StoreUnavailable`.
 */
export async function revokeToken(
  token: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices & Pick<OAuthServices, 'vault'>,
): Promise<boolean> {
  const refresh = readRefreshToken(token, services.vault)
  if (refresh) return revokeFamily(refresh.grantId, owner, reason, services)
  const grantId = readToken('access', token)
  return grantId === undefined ? false : revokeAccessToken(sha256(token), grantId, owner, reason, services)
}

async function revokeFamily(
  grantId: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<boolean> {
  const [grant] = await services.store.get([grantKey(grantId)])
  return grant !== undefined && owns(owner, grant.value) && revokeGrant(grantId, reason, services)
}

async function revokeAccessToken(
  digest: string,
  grantId: string,
  owner: TokenOwner,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<boolean> {
  const { store } = services
  const [access] = await store.get([accessTokenKey(grantPartition(grantId), digest)])
  if (!access || !owns(owner, access.value)) return false
  if (access.value.grantId !== undefined) {
    const [grant] = await store.get([grantKey(grantId)])
    if (grant && !grant.value.refresh) return revokeGrant(grantId, reason, services)
  }
  return endAccessToken(access.value, access.version, grantId, services)
}

async function endAccessToken(
  record: AccessTokenRecord,
  version: number,
  grantId: string,
  { store, clock, announcer }: RevocationServices,
): Promise<boolean> {
  const now = clock.now()
  const partition = grantPartition(grantId)
  const key = accessTokenKey(partition, record.digest)
  const commit: Commit = {
    partition,
    guards: [{ key, version }],
    writes: [
      { op: 'remove', key },
      { op: 'unindex', index: tokensOfClient(record.clientId), member: `${partition}.${record.digest}` },
    ],
    marks: [{ topic: MARK.token, id: record.digest, at: now }],
  }
  const announcement = announcer.announce(partition, revokedEvent(record, now))
  const outcome = await store.commit(withAnnouncement(commit, announcement))
  if (outcome.ok) {
    if (announcement.enqueue.length > 0) announcer.wake()
    return true
  }
  if (outcome.reason === 'conflict') return false // somebody else has just ended it: access tokens never change
  // The receivers cannot be told, but a revocation does not wait for that.
  if ((await store.commit(commit)).ok) return true
  throw new OAuthError('temporarily_unavailable', 'The token cannot be revoked at the moment.')
}

const owns = (owner: TokenOwner, record: { readonly clientId: string; readonly api: string }): boolean =>
  record.clientId === owner.clientId && (owner.api === undefined || record.api === owner.api)

function revokedEvent(record: AccessTokenRecord, now: number): TokenEvent {
  return {
    type: 'oauth.token.revoked',
    at: now,
    api: record.api,
    scheme: record.scheme,
    clientId: record.clientId,
    ...(record.subject === undefined ? {} : { user: record.subject }),
    scope: record.scope,
    grantType: record.grantType,
    ...(record.grantId === undefined ? {} : { grantId: record.grantId }),
    tokenId: tokenId(record.digest),
    expiresAt: record.expiresAt,
  }
}
