import type { Instant } from '../../core/clock.ts'
import type { Announcer } from '../../notify/event.ts'
import type { Store } from '../../store/store.ts'
import { type AccessTokenRecord, accessTokenKey, tokensOfClient } from '../records/access-token.ts'
import { grantKey, grantsOfClient } from '../records/grant.ts'
import { endAccessToken } from './end-access-token.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

/** What a client was given: at which APIs, up to when. */
export interface Issued {
  readonly clientId: string
  readonly apis: readonly string[]
  readonly until: Instant
}

const PAGE = 100

/**
 * Ends grants and tokens of a client one by one, each with its event in its own commit, at those of the APIs whose
 * receivers want to hear of it. Killed on the way, it does the rest when it is asked again. Throws `StoreUnavailable`.
 */
export async function revokeIssued(issued: Issued, services: RevocationServices): Promise<void> {
  const { announcer } = services
  await revokeGrants({ ...issued, apis: issued.apis.filter((api) => hearsOfGrants(announcer, api)) }, services)
  await revokeOwnTokens({ ...issued, apis: issued.apis.filter((api) => hearsOfOwnTokens(announcer, api)) }, services)
}

const hearsOfGrants = (announcer: Announcer, api: string): boolean =>
  announcer.listens(api, 'oauth.grant.revoked') || announcer.listens(api, 'oauth.token.revoked')

const hearsOfOwnTokens = (announcer: Announcer, api: string): boolean =>
  announcer.listens(api, 'oauth.token.revoked', 'client_credentials')

async function revokeGrants({ clientId, apis, until }: Issued, services: RevocationServices): Promise<void> {
  if (apis.length === 0) return
  for await (const grantIds of membersUntil(services.store, grantsOfClient(clientId), until)) {
    const entries = await services.store.get(grantIds.map(grantKey))
    const here = entries.flatMap((entry) => (entry && apis.includes(entry.value.api) ? [entry.value.id] : []))
    await Promise.all(here.map((grantId) => revokeGrant(grantId, 'admin', services)))
  }
}

/** Tokens of the client credentials grant, which belong to no grant record. */
async function revokeOwnTokens({ clientId, apis, until }: Issued, services: RevocationServices): Promise<void> {
  if (apis.length === 0) return
  for await (const members of membersUntil(services.store, tokensOfClient(clientId), until)) {
    const places = members.map(placeOf)
    const entries = await services.store.get<AccessTokenRecord>(places.map(({ key }) => key))
    const ended = entries.map((entry, index) => {
      const own = entry && entry.value.grantId === undefined && apis.includes(entry.value.api)
      return own ? endAccessToken(entry, places[index]?.partition ?? 0, services) : undefined
    })
    await Promise.all(ended)
  }
}

function placeOf(member: string) {
  const dot = member.indexOf('.')
  const partition = Number(member.slice(0, dot))
  return { partition, key: accessTokenKey(partition, member.slice(dot + 1)) }
}

/** The members of an index up to an instant, page by page; they may leave it on the way. */
async function* membersUntil(store: Store, index: string, until: Instant): AsyncGenerator<readonly string[]> {
  let after: string | undefined
  do {
    const page = await store.list(index, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    const due = page.members.filter(({ sort }) => sort <= until)
    yield due.map(({ member }) => member)
    after = due.length < page.members.length ? undefined : page.next
  } while (after !== undefined)
}
