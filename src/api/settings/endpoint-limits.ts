import { z } from 'zod'
import { endpointRate } from './limits.ts'

/** How often clients and strangers may ask the OAuth endpoints of the API. */
export const endpointLimits = z
  .strictObject({
    client: endpointRate.prefault({ rate: 6000, per: '1m' }).meta({
      title: 'Of a client',
      description:
        'Token and revocation requests of one client that has authenticated; of a public client, from one address.',
    }),
    address: endpointRate.prefault({ rate: 6000, per: '1m' }).meta({
      title: 'From an address',
      description:
        'Requests from one address that nobody has authenticated: sign-ins, public clients, and failed authentication.',
    }),
  })
  .meta({
    title: 'Limits of the OAuth endpoints',
    description: 'Beyond them the answer is 429 with `Retry-After`. Introspection by a client is not limited.',
  })
