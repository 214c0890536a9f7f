import { z } from 'zod'
import { duration, flag, httpUrl, secret } from './field.ts'

/** Everything that receivers can be told of. */
export const NOTIFICATION_EVENTS = [
  'oauth.token.issued',
  'oauth.token.refreshed',
  'oauth.token.revoked',
  'oauth.grant.revoked',
  'oauth.client.created',
  'oauth.client.updated',
  'oauth.client.rotated',
  'oauth.client.deleted',
] as const

const ed25519 = z
  .strictObject({
    enabled: flag(true, { title: 'Enabled', description: 'Sign with Ed25519 (`v1a`) as well.' }),
    key: secret({
      title: 'Private key',
      description: '`whsk_…` (base64 of the seed) or PKCS #8 PEM; by default one that follows from the master key.',
      examples: ['file:/run/secrets/webhook-key.pem'],
    }).optional(),
  })
  .meta({
    title: 'Ed25519 signature',
    description: 'A signature that receivers check with the public keys at `/.well-known/webhook-keys.json`.',
  })

/** What holds for one receiver. */
const receiver = {
  sharedSecret: secret({
    title: 'Signing secret',
    description:
      'Key of the HMAC signature. `whsec_…` is base64, any other text is used as its UTF-8 bytes. When it changes, the one before signs along for 24 hours.',
    examples: ['env:TOKEN_WEBHOOK_SECRET'],
  }).optional(),
  previousSecrets: z
    .array(secret({ title: 'Secret', description: 'Signs along with the current one.' }))
    .max(4)
    .default([])
    .meta({
      title: 'Previous secrets',
      description: 'Further secrets that sign as well, as long as they stand here: for a longer rotation.',
    }),
  ed25519: ed25519.optional(),
  sendSharedSecret: flag(false, {
    title: 'Send the secret as well',
    description: 'Adds `X-Gateway-Shared-Secret` and `X-Tyk-Shared-Secret` for receivers that expect the plain secret.',
  }),
  includeTokens: flag(true, {
    title: 'Include tokens',
    description: 'Whether the body carries the code and the tokens themselves; otherwise it carries their ids.',
  }),
  clientCredentials: flag(false, {
    title: 'Client credentials too',
    description: 'Whether tokens of the client credentials grant are notified as well.',
  }),
  events: z
    .array(z.enum([...NOTIFICATION_EVENTS, '*']))
    .default(['oauth.token.issued', 'oauth.token.refreshed'])
    .meta({ title: 'Events', description: 'What the receiver is told of; `*` is everything.', examples: [['*']] }),
}

const furtherEndpoint = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,40}$/, 'letters, digits, "-" and "_", at most 40')
      .refine((name) => name !== 'default', 'a name other than "default", which is that of onKeyChangeUrl')
      .meta({
        title: 'Name',
        description: 'Names the receiver in lists; keep it when the URL changes.',
        examples: ['audit'],
      }),
    url: httpUrl({
      title: 'Receiver',
      description: 'URL that notifications are posted to.',
      examples: ['https://audit.example.com/hooks'],
    }),
    ...receiver,
  })
  .meta({ title: 'Endpoint', description: 'A further receiver with settings of its own.' })

/** How deliveries to all receivers of the scheme are made. */
const delivery = {
  schedule: z
    .array(duration({ title: 'Delay', description: 'Time after the attempt before.' }))
    .min(1)
    .max(50)
    .prefault(['0s', '5s', '30s', '5m', '30m', '2h', '5h', '10h', '14h', '20h', '24h'])
    .meta({ title: 'Schedule', description: 'Delay before each attempt; each but 0 is varied by up to 20 %.' }),
  maxInFlight: z.int().min(1).max(64).default(8).meta({
    title: 'In flight',
    description: 'Attempts that each gateway makes at the same time to one receiver.',
  }),
  capacity: z.int().min(1).max(100_000_000).default(100_000).meta({
    title: 'Capacity',
    description: 'Undelivered notifications that are kept for one receiver; alarms at 50 % and 80 %.',
  }),
  atCapacity: z.enum(['refuse', 'drop_oldest']).default('drop_oldest').meta({
    title: 'At capacity',
    description:
      '`refuse`: no token is issued (503) until there is room. `drop_oldest`: the oldest become dead letters, counted, from where they can be replayed.',
  }),
  history: duration({
    title: 'History',
    description: 'How long delivered notifications are kept for lists and replays; at most about 100 000 per receiver.',
  }).prefault('24h'),
  deadLetters: duration({
    title: 'Dead letters',
    description: 'How long notifications that could not be delivered are kept; at most about 1 000 000 per receiver.',
  }).prefault('30d'),
}

/** Token webhooks of an OAuth scheme: where notifications go, how they are signed and delivered. */
export const notificationSettings = z
  .strictObject({
    onKeyChangeUrl: httpUrl({
      title: 'Receiver',
      description: 'URL that a signed notification is posted to when a token is issued or refreshed.',
      examples: ['https://app.example.com/hooks/tokens'],
    }).optional(),
    ...receiver,
    endpoints: z
      .array(furtherEndpoint)
      .max(20)
      .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'names that differ')
      .default([])
      .meta({ title: 'Further endpoints', description: 'Receivers besides `onKeyChangeUrl`.' }),
    ...delivery,
  })
  .meta({
    title: 'Token notifications',
    description: 'Signed webhooks that tell receivers of issued, refreshed and revoked tokens and changed clients.',
  })

export type NotificationSettings = z.output<typeof notificationSettings>
/** What holds for one receiver. */
export type ReceiverSettings = Omit<NotificationSettings['endpoints'][number], 'name' | 'url'>
