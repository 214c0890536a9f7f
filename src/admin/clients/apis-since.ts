import type { Instant } from '../../core/clock.ts'
import type { ClientRecord } from '../../oauth/records/client.ts'

/**
 * The client with `now` at each of its APIs that it did not have before, so that nothing revives there that was issued
 * before the API was taken away; those that it had keep their instants.
 */
export function withApisSince(client: ClientRecord, before: ClientRecord | undefined, now: Instant): ClientRecord {
  const { apisSince: _, ...rest } = client
  if (!before) return rest
  const known = new Map(Object.entries(before.apisSince ?? {}))
  const since = client.apis.flatMap((api) => {
    const at = before.apis.includes(api) ? known.get(api) : now
    return at === undefined ? [] : [[api, at] as const]
  })
  return since.length === 0 ? rest : { ...rest, apisSince: Object.fromEntries(since) }
}
