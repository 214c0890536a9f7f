import { oneOrMore, quotaSettings } from '../../api/settings/limits.ts'
import { limitPolicy } from './limit-policy.ts'

const settings = oneOrMore(quotaSettings).meta({
  title: 'Quota',
  description:
    'Requests from one renewal to the next; more get 429. Kept in the store. Said for the whole API it counts all of it, said for an operation that operation. One quota, or a list of up to four.',
  examples: [{ max: 10_000, per: 'month' }],
})

/** Quotas by address: before credentials are looked at. */
export const addressQuota = limitPolicy('quota', settings, 'addresses')

/** Quotas by client, user or API. */
export const quota = limitPolicy('quota', settings, 'others')
