import { type ClientRecord, clientKey } from '../../oauth/records/client.ts'
import { revokeClientTokens } from '../../oauth/revocation/revoke-client-tokens.ts'
import { revokeIssued } from '../../oauth/revocation/revoke-issued.ts'
import type { OAuthServices } from '../../oauth/services.ts'
import { amend } from '../amend.ts'
import { removeClient } from './client-commit.ts'
import { noSuchClient } from './find-client.ts'

/**
 * Removes a client with all that it was issued. What it holds ends first, so that killed on the way this can be asked for
 * again and tells of everything. `still` throws when it has become somebody else's. Throws 404 `client_not_found`.
 */
export async function endClient(
  clientId: string,
  services: OAuthServices,
  still: (client: ClientRecord) => void = () => {},
): Promise<ClientRecord> {
  await revokeClientTokens(clientId, services)
  const now = services.clock.now()
  const client = await amend(services.store, clientKey(clientId), noSuchClient, ({ value }) => {
    still(value)
    return { commit: removeClient(value, services.announcer, now), result: value }
  })
  await revokeIssued({ clientId, apis: client.apis, until: now }, services) // what was issued meanwhile
  services.announcer.wake()
  return client
}
