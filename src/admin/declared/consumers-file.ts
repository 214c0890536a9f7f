import { z } from 'zod'
import { secret } from '../../api/settings/field.ts'
import { clientId, GRANT_TYPES, redirectUri, scopeToken } from '../clients/client-body.ts'
import { consumerFields, tagList } from '../consumers/consumer-body.ts'

const field = <S extends z.ZodType>(schema: S, title: string, description: string, examples?: readonly unknown[]): S =>
  schema.meta({ title, description, ...(examples ? { examples: [...examples] } : {}) }) as S

const clientSecret = secret({
  title: 'Client secret',
  description: 'A secret that is live.',
  examples: ['env:SHOP_SECRET'],
})

const application = z
  .strictObject({
    client_id: field(
      clientId,
      'Client id',
      'By it the application is known; it stays the same for as long as it stands here.',
      ['shoe-fly-shoe'],
    ),
    name: field(z.string().trim().min(1).max(200), 'Name', 'What people call it.', ['Shoe Fly Shoe']),
    client_type: field(
      z.enum(['confidential', 'public']).default('confidential'),
      'Type',
      'Whether it can keep a secret (RFC 6749 §2.1).',
    ),
    client_secret: z
      .union([clientSecret, z.array(clientSecret).min(1).max(2, 'two live secrets at most')])
      .optional()
      .meta({
        title: 'Client secret',
        description: 'Needed by a confidential application. A list of two: both are live, for a rotation.',
        secret: true,
        examples: ['env:SHOP_SECRET'],
      }),
    redirect_uris: field(
      z.array(redirectUri).max(32).default([]),
      'Redirect URIs',
      'Compared exactly, the port of a loopback address aside.',
      [['https://shop.example/callback']],
    ),
    apis: field(
      z.array(z.string().min(1)).min(1).max(200).optional(),
      'APIs',
      'Ids of the APIs that it may use; every one that issues tokens when left out.',
      [['step-on']],
    ),
    scopes: field(
      z.array(scopeToken).max(1000).optional(),
      'Scopes',
      'What it may be granted; whatever the API declares when left out.',
      [['steps']],
    ),
    grant_types: field(
      z.array(z.enum(GRANT_TYPES)).optional(),
      'Grants',
      'What it may use; whatever the API offers when left out.',
    ),
    policies: field(
      z.array(z.string().min(1).max(200)).max(32).default([]),
      'Policies',
      'Ids of the policies that hold for it.',
    ),
    meta_data: field(z.record(z.string(), z.json()).default({}), 'Metadata', 'Kept with its tokens.'),
    tags: field(tagList.default([]), 'Tags', 'For lists.'),
  })
  .refine(({ client_type, client_secret }) => client_type === 'public' || client_secret !== undefined, {
    path: ['client_secret'],
    message: 'a client_secret: nobody would be shown one that is made',
  })
  .refine(({ client_type, client_secret }) => client_type !== 'public' || client_secret === undefined, {
    path: ['client_secret'],
    message: 'no client_secret for a public application',
  })
  .meta({ title: 'Application', description: 'A client application of the consumer.' })

const consumer = z
  .strictObject({
    username: field(consumerFields.username.optional(), 'Username', 'Told upstream as `X-Consumer-Username`.', [
      'shoeflyshoe',
    ]),
    custom_id: field(consumerFields.customId.optional(), 'Custom id', 'Told upstream as `X-Consumer-Custom-Id`.', [
      'SFS1',
    ]),
    tags: field(tagList.default([]), 'Tags', 'For lists.'),
    applications: field(
      z.array(application).max(1000).default([]),
      'Applications',
      'The client applications of the consumer.',
    ),
  })
  .refine(({ username, custom_id }) => username !== undefined || custom_id !== undefined, 'a username or a custom_id')
  .meta({ title: 'Consumer', description: 'Whoever runs applications.' })

/** The file of consumers beside the documents. */
export const consumersFile = z
  .strictObject({
    consumers: z.array(consumer).max(10_000).meta({
      title: 'Consumers',
      description: 'All that this file declares: what vanishes from it is removed with its tokens.',
    }),
  })
  .meta({ title: 'Consumers', description: 'Consumers and their applications, declared beside the API documents.' })

export type DeclaredConsumer = z.output<typeof consumer>
export type DeclaredApplication = z.output<typeof application>
