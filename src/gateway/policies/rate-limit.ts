import { oneOrMore, rateLimitSettings } from '../../api/settings/limits.ts'
import { limitPolicy } from './limit-policy.ts'

const settings = oneOrMore(rateLimitSettings).meta({
  title: 'Rate limit',
  description:
    'Requests within a sliding window; more get 429. Said for the whole API it counts all of it, said for an operation that operation. One limit, or a list of up to four.',
  examples: [
    { rate: 100, per: '1m' },
    { rate: 20, per: '1s', by: 'ip' },
  ],
})

/** Rate limits by address: before credentials are looked at, so that guessing them is limited too. */
export const addressRateLimit = limitPolicy('rateLimit', settings, 'addresses')

/** Rate limits by client, user or API. */
export const rateLimit = limitPolicy('rateLimit', settings, 'others')
