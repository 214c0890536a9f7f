import type { PageRequest } from '../../store/store.ts'
import type { OAuthServices } from '../services.ts'
import { grantsOf } from './grants-of.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

/**
 * Ends what a registered user got with a password at these APIs. What an identity server said of somebody of the same name
 * is another matter and stays. Returns how many grants ended. Throws `StoreUnavailable`.
 */
export async function revokePasswordGrants(
  apiIds: Iterable<string>,
  username: string,
  services: RevocationServices & Pick<OAuthServices, 'clock'>,
): Promise<number> {
  let ended = 0
  for (const apiId of apiIds) {
    let page: Pick<PageRequest, 'after' | 'limit'> | undefined = { limit: 200 }
    while (page) {
      const { items, next } = await grantsOf(apiId, username, page, services)
      for (const { id, grantType } of items) {
        if (grantType === 'password' && (await revokeGrant(id, 'admin', services))) ended += 1
      }
      page = next === undefined ? undefined : { limit: 200, after: next }
    }
  }
  return ended
}
