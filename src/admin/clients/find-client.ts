import { Problem } from '../../core/problem.ts'
import { type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import type { Entry, Key, Store } from '../../store/store.ts'
import type { Library, LibraryEntry } from '../library.ts'

export const noSuchClient = (): Problem => new Problem(404, 'client_not_found', 'There is no such client.')

/** The document of that id, served or not. Throws 404 `api_not_found`. */
export function knownApi(library: Library, apiId: string | undefined): LibraryEntry {
  const entry = apiId === undefined ? undefined : library.find(apiId)
  if (!entry) throw new Problem(404, 'api_not_found', 'There is no such API.')
  return entry
}

/** The record of a client, read from the store itself. Throws 404 `client_not_found`, also for one of other APIs. */
export async function findClient(
  store: Store,
  clientId: string | undefined,
  apiId?: string,
): Promise<Entry<ClientRecord> & { readonly key: Key<ClientRecord> }> {
  const key = clientKey(clientId ?? '')
  const [entry] = await store.get([key])
  if (!entry || (apiId !== undefined && !entry.value.apis.includes(apiId))) throw noSuchClient()
  return { ...entry, key }
}
