import { OAuthError } from '../errors.ts'
import { type ClientRecord, clientKey } from '../records/client.ts'
import { MARK } from '../tokens/marks.ts'
import type { RevocationServices } from './revoke-grant.ts'
import { revokeIssued } from './revoke-issued.ts'

const ATTEMPTS = 10

/**
 * Ends everything that was issued to a client until now, however much that is, by one write: its `notBefore`. Receivers
 * that want to hear of revocations are then told of each; when this resolves, all that is to be told is stored.
 * False when there is no such client. Throws `StoreUnavailable`.
 */
export async function revokeClientTokens(clientId: string, services: RevocationServices): Promise<boolean> {
  const { store, clock } = services
  const key = clientKey(clientId)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [entry] = await store.get([key])
    if (!entry) return false
    const now = clock.now()
    const value: ClientRecord = { ...entry.value, updatedAt: now, notBefore: now }
    const outcome = await store.commit({
      partition: key.partition,
      guards: [{ key, version: entry.version }],
      writes: [{ op: 'put', key, value }],
      marks: [{ topic: MARK.client, id: clientId, at: now }],
    })
    if (outcome.ok) {
      await revokeIssued({ clientId, apis: value.apis, until: now }, services)
      return true
    }
  }
  throw new OAuthError('temporarily_unavailable', 'The tokens cannot be revoked at the moment.', {
    headers: { 'retry-after': '1' },
  })
}
