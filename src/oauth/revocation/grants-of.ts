import type { PageRequest } from '../../store/store.ts'
import { outlives } from '../clients/outlives.ts'
import { clientKey } from '../records/client.ts'
import { type GrantRecord, grantKey, grantsOfSubject } from '../records/grant.ts'
import type { OAuthServices } from '../services.ts'
import type { LivePage } from './live-tokens.ts'

/** A page of what a resource owner has allowed clients at an API and is good now, newest first. Throws `StoreUnavailable`. */
export async function grantsOf(
  apiId: string,
  subject: string,
  page: Pick<PageRequest, 'after' | 'limit'>,
  { store, clock }: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<LivePage<GrantRecord>> {
  const { members, next } = await store.list(grantsOfSubject(apiId, subject), { ...page, descending: true })
  const entries = await store.get(members.map(({ member }) => grantKey(member)))
  const grants = entries.flatMap((entry) => (entry && !entry.value.revoked ? [entry.value] : []))
  const clients = await store.get(grants.map(({ clientId }) => clientKey(clientId)))
  const items = grants.filter(({ createdAt, expiresAt, api }, index) => {
    const client = clients[index]?.value
    return client && outlives({ api, at: createdAt }, client) && expiresAt > clock.now()
  })
  return { items, ...(next === undefined ? {} : { next }) }
}
