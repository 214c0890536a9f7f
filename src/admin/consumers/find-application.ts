import { applicationOfId, type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { isUuid } from '../../oauth/records/consumer.ts'
import type { Entry, Store } from '../../store/store.ts'
import { entityNotFound } from './field-problem.ts'

/**
 * The client of that id as an application, or else of that client id; undefined when there is none. Client ids can be
 * chosen and ids cannot: whoever names an id must never get another application.
 */
export async function applicationEntry(store: Store, reference: string): Promise<Entry<ClientRecord> | undefined> {
  const ofId = isUuid(reference) ? await store.list(applicationOfId(reference.toLowerCase()), { limit: 1 }) : undefined
  const [entry] = await store.get([clientKey(ofId?.members[0]?.member ?? reference)])
  return entry
}

/** The same, of a consumer where one is named. Throws 404, also for an application of another one. */
export async function findApplication(
  store: Store,
  reference: string | undefined,
  consumerId?: string,
): Promise<Entry<ClientRecord>> {
  const entry = await applicationEntry(store, reference ?? '')
  if (!entry || (consumerId !== undefined && entry.value.consumerId !== consumerId)) throw entityNotFound('application')
  return entry
}
