import { z } from 'zod'
import type { EventType } from './event.ts'
import { eventBody, type Told } from './event-body.ts'

const time = (description: string) => z.iso.datetime().meta({ description })
const credential = (description: string) => z.string().meta({ description: `${description} Empty when there is none.` })

const fiveMembers = (notificationType: string) => ({
  auth_code: credential('The authorization code that was redeemed, or its id.'),
  new_oauth_token: credential('The access token that was issued, or its id.'),
  refresh_token: credential('The refresh token that was issued, or its id.'),
  old_refresh_token: credential('The refresh token that was used, or its id.'),
  notification_type: z
    .literal(notificationType)
    .meta({ description: 'What happened, as the first receivers know it.' }),
})

const ofGrant = {
  api_id: z.string().meta({ description: 'The API whose token it is.' }),
  client_id: z.string().meta({ description: 'The client application.' }),
  user: z.string().nullable().meta({ description: 'The resource owner; null when the client acts for itself.' }),
  scope: z.string().meta({ description: 'Granted scopes, separated by blanks.' }),
  grant_type: z.string().meta({ description: 'The grant by which the tokens were obtained.' }),
  grant_id: z
    .string()
    .nullable()
    .meta({ description: 'Names all tokens of one authorization; null when there is none.' }),
}

const tokenData = z.object({
  ...ofGrant,
  token_id: z
    .string()
    .meta({ description: 'Public name of the access token: first 16 bytes of its SHA-256, base64url.' }),
  expires_at: time('When the access token expires.'),
})

const grantData = z.object({
  ...ofGrant,
  reason: z
    .enum(['user', 'client', 'admin', 'code_replay', 'refresh_replay'])
    .meta({ description: 'Who ended it, or which replay gave it away.' }),
})

const clientData = z.object({
  api_id: z.string().meta({ description: 'One of the APIs of the client; each of them is told.' }),
  client_id: z.string().meta({ description: 'The client application.' }),
  client_type: z.enum(['confidential', 'public']).meta({ description: 'Whether it has a secret.' }),
  name: z.string().nullable().meta({ description: 'Its name, if it has one.' }),
})

const testData = z.object({
  api_id: z.string().meta({ description: 'The API of the endpoint.' }),
  endpoint: z.string().meta({ description: 'The endpoint that is tested.' }),
})

function schemaOf(type: EventType | 'webhook.test', description: string, data: z.ZodType, more: z.ZodRawShape = {}) {
  return z
    .object({
      ...more,
      type: z.literal(type).meta({ description: 'The event.' }),
      timestamp: time('When it happened.'),
      data: data.meta({ description: 'What it is about.' }),
    })
    .meta({ title: type, description })
}

/** The body of each event. */
export const EVENT_SCHEMAS: Readonly<Record<EventType | 'webhook.test', z.ZodType>> = {
  'oauth.token.issued': schemaOf('oauth.token.issued', 'An access token was issued.', tokenData, fiveMembers('new')),
  'oauth.token.refreshed': schemaOf(
    'oauth.token.refreshed',
    'An access token was issued for a refresh token.',
    tokenData,
    fiveMembers('refresh'),
  ),
  'oauth.token.revoked': schemaOf(
    'oauth.token.revoked',
    'An access token was revoked.',
    tokenData,
    fiveMembers('revoked'),
  ),
  'oauth.grant.revoked': schemaOf('oauth.grant.revoked', 'A grant was ended, with every token of it.', grantData),
  'oauth.client.created': schemaOf('oauth.client.created', 'A client was registered.', clientData),
  'oauth.client.updated': schemaOf('oauth.client.updated', 'A client was changed.', clientData),
  'oauth.client.rotated': schemaOf('oauth.client.rotated', 'A client was given a new secret.', clientData),
  'oauth.client.deleted': schemaOf('oauth.client.deleted', 'A client was removed, with every token of it.', clientData),
  'webhook.test': schemaOf('webhook.test', 'An operator tests an endpoint.', testData),
}

const AT = Date.UTC(2026, 0, 15, 9, 30)
const example = { at: AT, api: 'step-on', scheme: 'oauth', clientId: 'app-1', user: 'alice', scope: ['read'] } as const
const token = { ...example, grantType: 'authorization_code', grantId: 'q83vEjRWeJA', tokenId: 'nnU1-6ZbUTx5o2G8KhQyXA' }
const lifetime = { expiresAt: AT + 3_600_000 }
const client = { at: AT, api: 'step-on', apis: ['step-on'], clientId: 'app-1', clientType: 'confidential' } as const

/** One event of each kind, as it may happen. */
const EXAMPLES: Readonly<Record<EventType | 'webhook.test', Told>> = {
  'oauth.token.issued': {
    ...token,
    ...lifetime,
    type: 'oauth.token.issued',
    code: 'example-code',
    accessToken: 'example-access-token',
    refreshToken: 'example-refresh-token',
  },
  'oauth.token.refreshed': {
    ...token,
    ...lifetime,
    type: 'oauth.token.refreshed',
    accessToken: 'example-access-token-2',
    refreshToken: 'example-refresh-token-2',
    oldRefreshToken: 'example-refresh-token',
  },
  'oauth.token.revoked': { ...token, ...lifetime, type: 'oauth.token.revoked' },
  'oauth.grant.revoked': { ...token, type: 'oauth.grant.revoked', reason: 'user' },
  'oauth.client.created': { ...client, type: 'oauth.client.created', name: 'My app' },
  'oauth.client.updated': { ...client, type: 'oauth.client.updated', name: 'My app' },
  'oauth.client.rotated': { ...client, type: 'oauth.client.rotated' },
  'oauth.client.deleted': { ...client, type: 'oauth.client.deleted' },
  'webhook.test': { type: 'webhook.test', at: AT, api: 'step-on', endpoint: 'step-on.oauth.default' },
}

/** An example of the body of each event. */
export const eventExample = (type: EventType | 'webhook.test'): unknown => JSON.parse(eventBody(EXAMPLES[type], true))

/** The files of `schemas/events/`: name → text. */
export function eventSchemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    (Object.keys(EVENT_SCHEMAS) as (keyof typeof EVENT_SCHEMAS)[]).map((type) => {
      // As input: a receiver must not refuse members that come later.
      const schema = z.toJSONSchema(EVENT_SCHEMAS[type], {
        target: 'draft-2020-12',
        io: 'input',
        override: withoutPattern,
      })
      return [`${type}.json`, `${JSON.stringify({ ...schema, examples: [eventExample(type)] }, null, 2)}\n`]
    }),
  )
}

/** What `format` says needs no pattern beside it. */
function withoutPattern({ jsonSchema }: { readonly jsonSchema: { format?: string; pattern?: string } }): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}
