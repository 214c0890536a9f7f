import type { Instant } from '../../core/clock.ts'
import type { ClientRecord } from '../records/client.ts'

/** What a client was issued, a grant, a code or a token: by which API, and when. */
export interface IssuedThen {
  readonly api: string
  readonly at: Instant
}

/**
 * Whether it is not among what the operator of the client has ended: everything up to `notBefore`, everything of an earlier
 * client of the same id, and everything of an API that the client may not use, or was given (again) only afterwards.
 */
export function outlives({ api, at }: IssuedThen, client: ClientRecord): boolean {
  if (at < client.createdAt || (client.notBefore !== undefined && at <= client.notBefore)) return false
  return client.apis.includes(api) && at >= givenAt(api, client)
}

/** An id of an API may be any name, that of a member of every object included. */
function givenAt(api: string, { apisSince = {}, createdAt }: ClientRecord): Instant {
  return (Object.hasOwn(apisSince, api) ? apisSince[api] : undefined) ?? createdAt
}
