import { grantsOfSubject, type RevocationReason } from '../records/grant.ts'
import { type RevocationServices, revokeGrant } from './revoke-grant.ts'

const PAGE = 200

/** Ends every grant that a resource owner has given at an API. Returns how many. Throws `StoreUnavailable`. */
export async function revokeSubject(
  apiId: string,
  subject: string,
  reason: RevocationReason,
  services: RevocationServices,
): Promise<number> {
  let ended = 0
  let after: string | undefined
  do {
    const page = await services.store.list(grantsOfSubject(apiId, subject), {
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
    })
    for (const { member } of page.members) {
      if (await revokeGrant(member, reason, services)) ended += 1
    }
    after = page.next
  } while (after !== undefined)
  return ended
}
