import { applicationOfId, type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { isUuid } from '../../oauth/records/consumer.ts'
import type { Entry, Store } from '../../store/store.ts'
import { entityNotFound } from './field-problem.ts'

/** The client of that client id, or else of that id as an application; undefined when there is none. */
export async function applicationEntry(store: Store, reference: string): Promise<Entry<ClientRecord> | undefined> {
  const [entry] = await store.get([clientKey(reference)])
  if (entry || !isUuid(reference)) return entry
  const { members } = await store.list(applicationOfId(reference.toLowerCase()), { limit: 1 })
  const [member] = members
  return member && (await store.get([clientKey(member.member)]))[0]
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
