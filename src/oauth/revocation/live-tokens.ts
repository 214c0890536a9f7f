import type { IndexWrite, Key, PageRequest, Store } from '../../store/store.ts'
import { outlives } from '../clients/outlives.ts'
import { type AccessTokenRecord, accessTokenKey, tokensOfClient } from '../records/access-token.ts'
import type { ClientRecord } from '../records/client.ts'
import { type GrantRecord, grantKey, grantsOfClient } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'

export interface LivePage<T> {
  /** May be fewer than were asked for, even none, while there are more. */
  readonly items: readonly T[]
  readonly next?: string
}

/** A page of the access tokens of a client that are good now, newest first. Throws `StoreUnavailable`. */
export function liveTokens(
  client: ClientRecord,
  page: Pick<PageRequest, 'after' | 'limit'>,
  { store, clock }: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<LivePage<AccessTokenRecord>> {
  const isLive = (record: AccessTokenRecord): boolean =>
    record.expiresAt > clock.now() && outlives({ api: record.api, at: record.issuedAt }, client)
  return livePage(store, tokensOfClient(client.clientId), page, tokenKeyOf, isLive)
}

/** A page of the grants of a client that are good now, newest first. Throws `StoreUnavailable`. */
export function liveGrants(
  client: ClientRecord,
  page: Pick<PageRequest, 'after' | 'limit'>,
  { store, clock }: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<LivePage<GrantRecord>> {
  const isLive = (grant: GrantRecord): boolean =>
    !grant.revoked && grant.expiresAt > clock.now() && outlives({ api: grant.api, at: grant.createdAt }, client)
  return livePage(store, grantsOfClient(client.clientId), page, grantKey, isLive)
}

function tokenKeyOf(member: string): Key<AccessTokenRecord> {
  const dot = member.indexOf('.')
  return accessTokenKey(Number(member.slice(0, dot)), member.slice(dot + 1))
}

async function livePage<T>(
  store: Store,
  index: string,
  page: Pick<PageRequest, 'after' | 'limit'>,
  keyOf: (member: string) => Key<T>,
  isLive: (record: T) => boolean,
): Promise<LivePage<T>> {
  const { members, next } = await store.list(index, { ...page, descending: true })
  const entries = await store.get(members.map(({ member }) => keyOf(member)))
  const items: T[] = []
  const stale: IndexWrite[] = []
  members.forEach(({ member }, position) => {
    const entry = entries[position]
    if (!entry) stale.push({ op: 'unindex', index, member })
    else if (isLive(entry.value)) items.push(entry.value)
  })
  // An entry without its record is harmless; whoever comes across it tidies up. It needs no guard: ids never return.
  if (stale.length > 0) await store.commit({ partition: 0, writes: stale })
  return { items, ...(next === undefined ? {} : { next }) }
}
