import { OAuthError } from '../errors.ts'
import { type ClientRecord, clientKey } from '../records/client.ts'
import type { OAuthServices } from '../services.ts'
import { MARK } from '../tokens/marks.ts'

const ATTEMPTS = 10

/**
 * Ends everything that was issued to a client until now, however much that is, by one write: its `notBefore`.
 * False when there is no such client. Throws `StoreUnavailable`.
 */
export async function revokeClientTokens(
  clientId: string,
  { store, clock }: Pick<OAuthServices, 'store' | 'clock'>,
): Promise<boolean> {
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
    if (outcome.ok) return true
  }
  throw new OAuthError('temporarily_unavailable', 'The tokens cannot be revoked at the moment.', {
    headers: { 'retry-after': '1' },
  })
}
