import {
  type Announcement,
  type Announcer,
  grantRevoked,
  type TokenEvent,
  withAnnouncement,
} from '../../notify/event.ts'
import type { Commit, Entry, Write } from '../../store/store.ts'
import { OAuthError } from '../errors.ts'
import { accessTokenKey, tokenId, tokensOfClient } from '../records/access-token.ts'
import { type GrantRecord, grantKey, grantPartition, listsOfGrant, type RevocationReason } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'
import { MARK } from '../tokens/marks.ts'

export type RevocationServices = Pick<OAuthServices, 'store' | 'clock' | 'announcer' | 'log'>

/**
 * How often a revocation may lose to others who change the grant, so that each end is told of once. Then it no longer asks:
 * whoever refreshes without pause must not keep a family alive by that.
 */
const ATTEMPTS = 8

/**
 * Ends a grant with everything that was issued from it, and tells of it. False when there is no such grant or it had
 * ended already. Throws `StoreUnavailable`.
 */
export async function revokeGrant(
  grantId: string,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<boolean> {
  const { store, clock, announcer, log } = services
  for (let attempt = 1; ; attempt++) {
    const [entry] = await store.get([grantKey(grantId)])
    if (!entry || entry.value.revoked) return false
    const now = clock.now()
    const announcement = announcementOf(entry.value, reason, now, announcer)
    const commit = revocation(entry, reason, now, announcement)
    const outcome = await store.commit(attempt < ATTEMPTS ? commit : { ...commit, guards: [] })
    if (outcome.ok) {
      if (announcement.enqueue.length > 0) announcer.wake()
      log.info({ grant: grantId, client: entry.value.clientId, api: entry.value.api, reason }, 'grant revoked')
      return true
    }
    if (attempt >= ATTEMPTS) throw unavailable()
  }
}

function revocation(
  { value: grant, version }: Entry<GrantRecord>,
  reason: RevocationReason,
  now: number,
  announcement: Announcement,
): Commit {
  const partition = grantPartition(grant.id)
  const key = grantKey(grant.id)
  // The record stays for as long as a token of the family could still be shown: they all find it revoked.
  const value: GrantRecord = { ...grant, revoked: { at: now, reason } }
  const commit: Commit = {
    partition,
    guards: [{ key, version }],
    writes: [
      { op: 'put', key, value, expiresAt: Math.max(grant.expiresAt, now + KEPT_FOR) },
      { op: 'remove', key: accessTokenKey(partition, grant.access) },
      { op: 'unindex', index: tokensOfClient(grant.clientId), member: `${partition}.${grant.access}` },
      ...listsOfGrant(grant).map((index): Write => ({ op: 'unindex', index, member: grant.id })),
    ],
    marks: [{ topic: MARK.grant, id: grant.id, at: now }],
  }
  return withAnnouncement(commit, announcement)
}

const KEPT_FOR = 60 * 60_000

/** Receivers hear of the end of the grant, and of the access token that ends with it. */
function announcementOf(grant: GrantRecord, reason: RevocationReason, now: number, announcer: Announcer): Announcement {
  const partition = grantPartition(grant.id)
  const ofGrant = announcer.announce(partition, grantRevoked(grant, reason, now))
  const ofToken = announcer.announce(partition, revokedEvent(grant, now))
  return {
    enqueue: [...ofGrant.enqueue, ...ofToken.enqueue],
    writes: [...ofGrant.writes, ...ofToken.writes],
  }
}

function revokedEvent(grant: GrantRecord, now: number): TokenEvent {
  return {
    type: 'oauth.token.revoked',
    at: now,
    api: grant.api,
    scheme: grant.scheme,
    clientId: grant.clientId,
    user: grant.subject,
    scope: grant.scope,
    grantType: grant.grantType,
    grantId: grant.id,
    tokenId: tokenId(grant.access),
    expiresAt: grant.expiresAt,
  }
}

const unavailable = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'The token cannot be revoked at the moment.', {
    headers: { 'retry-after': '1' },
  })
