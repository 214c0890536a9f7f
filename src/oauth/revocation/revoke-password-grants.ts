import { grantKey, grantsOfPassword, grantsOfSubject } from '../records/grant.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

const PAGE = 200

/**
 * Ends what a registered user got with a password, at every API, served now or not. What an identity server said of somebody
 * of the same name is another matter and stays. Grants of versions that kept no list by user are found at `apiIds` only,
 * until they are refreshed. Returns how many grants ended. Throws `StoreUnavailable`.
 */
export async function revokePasswordGrants(
  username: string,
  apiIds: readonly string[],
  services: RevocationServices,
): Promise<number> {
  let ended = 0
  for (const index of [grantsOfPassword(username), ...apiIds.map((apiId) => grantsOfSubject(apiId, username))]) {
    ended += await revokeListed(index, services)
  }
  return ended
}

/** Of the grants in one list, those that came from a password. */
async function revokeListed(index: string, services: RevocationServices): Promise<number> {
  const { store } = services
  let ended = 0
  let after: string | undefined
  do {
    const page = await store.list(index, { limit: PAGE, ...(after === undefined ? {} : { after }) })
    const entries = await store.get(page.members.map(({ member }) => grantKey(member)))
    for (const entry of entries) {
      if (entry?.value.grantType === 'password' && (await revokeGrant(entry.value.id, 'admin', services))) ended += 1
    }
    after = page.next
  } while (after !== undefined)
  return ended
}
