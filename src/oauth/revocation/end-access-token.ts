import { type TokenEvent, withAnnouncement } from '../../notify/event.ts'
import type { Commit, Entry, Partition } from '../../store/store.ts'
import { OAuthError } from '../errors.ts'
import { type AccessTokenRecord, accessTokenKey, tokenId, tokensOfClient } from '../records/access-token.ts'
import { MARK } from '../tokens/marks.ts'
import type { RevocationServices } from './revoke-grant.ts'

/**
 * Ends one access token and tells of it, in one commit. False when somebody else has just ended it. Throws
 * `StoreUnavailable`.
 */
export async function endAccessToken(
  { value: record, version }: Entry<AccessTokenRecord>,
  partition: Partition,
  { store, clock, announcer }: RevocationServices,
): Promise<boolean> {
  const now = clock.now()
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
  if (outcome.reason === 'conflict') return false // access tokens never change: it has ended
  throw new OAuthError('temporarily_unavailable', 'The token cannot be revoked at the moment.')
}

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
