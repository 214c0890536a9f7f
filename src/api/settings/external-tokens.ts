import { z } from 'zod'
import { duration, type FieldText, httpUrl, secret, text } from './field.ts'
import { headerName } from './header-name.ts'
import { tokenSources } from './token-source.ts'

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const

/** One text or several; becomes a list. */
const texts = (meta: FieldText) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .meta({ ...meta })
    .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

const audience = texts({
  title: 'Audience',
  description: 'The token must be meant for one of these (`aud`). Without it tokens for every service are accepted.',
  examples: ['https://api.example.com', ['api', 'https://api.example.com']],
}).optional()

const ISSUER = {
  title: 'Issuer',
  description: 'What `iss` must say, character for character.',
  examples: ['https://login.example.com/'],
} as const
const JWKS_URI = {
  title: 'Key set',
  description: 'URL of the public keys (RFC 7517); by default as the metadata of the issuer says.',
  examples: ['https://login.example.com/.well-known/jwks.json'],
} as const

const jwt = z
  .strictObject({
    issuer: text(ISSUER).optional(),
    jwksUri: httpUrl(JWKS_URI).optional(),
    issuers: z
      .array(
        z
          .strictObject({ issuer: text(ISSUER), jwksUri: httpUrl(JWKS_URI).optional() })
          .meta({ title: 'Issuer', description: 'A server whose tokens are accepted.' }),
      )
      .max(50)
      .default([])
      .meta({ title: 'Further issuers', description: 'Servers whose tokens are accepted as well, by their own keys.' }),
    audience,
    algorithms: z
      .array(z.enum(ALGORITHMS))
      .min(1)
      .default([...ALGORITHMS])
      .meta({
        title: 'Algorithms',
        description: 'What tokens may be signed with. Only algorithms with public keys; `none` is never accepted.',
        examples: [['RS256']],
      }),
    leeway: duration({
      title: 'Leeway',
      description: 'How far the clocks of issuer and gateway may differ.',
      examples: ['30s'],
    }).prefault('30s'),
    keysFor: duration({
      title: 'Keep keys for',
      description:
        'How long a key set is used before it is fetched anew; it is fetched at once when a token names a key that is not in it.',
      examples: ['10m'],
    }).prefault('10m'),
  })
  .meta({ title: 'JWT', description: 'Tokens are signed JWTs, checked here with the public keys of their issuer.' })

const introspection = z
  .strictObject({
    url: httpUrl({
      title: 'URL',
      description: 'Introspection endpoint (RFC 7662) of the server that issues the tokens.',
      examples: ['https://login.example.com/oauth/introspect'],
    }),
    clientId: text({ title: 'Client id', description: 'Who the gateway is there.', examples: ['gateway'] }),
    clientSecret: secret({ title: 'Client secret', description: 'Its secret.' }),
    clientAuth: z.enum(['client_secret_basic', 'client_secret_post']).default('client_secret_basic').meta({
      title: 'Client authentication',
      description: 'Whether the secret goes into the `Authorization` header or into the body.',
    }),
    audience,
    cache: duration({
      title: 'Cache',
      description: 'For how long an answer is believed; a token that is revoked there may live so long here.',
      examples: ['30s'],
    }).prefault('30s'),
    timeout: duration({ title: 'Timeout', description: 'Time that the answer may take.' }).prefault('5s'),
  })
  .meta({ title: 'Introspection', description: 'The server that issues the tokens is asked what they are good for.' })

const claims = z
  .strictObject({
    subject: text({ title: 'Subject', description: 'Claim that names the user.', examples: ['sub'] }).default('sub'),
    client: texts({
      title: 'Client',
      description: 'Claims that name the client; the first one that is there.',
      examples: [['client_id', 'azp']],
    }).prefault(['client_id', 'azp', 'cid']),
    scope: texts({
      title: 'Scope',
      description: 'Claims that hold scopes, as a text with blanks or as a list; taken together.',
      examples: [['scope', 'roles']],
    }).prefault(['scope', 'scp']),
    headers: z
      .record(
        headerName({ title: 'Header', description: 'Name of the header.', examples: ['X-User-Email'] }),
        text({ title: 'Claim', description: 'Name of the claim, or a path with dots.', examples: ['email'] }),
      )
      .default({})
      .meta({
        title: 'Headers',
        description: 'Claims that the upstream is told in headers. Clients cannot send these headers themselves.',
        examples: [{ 'X-User-Email': 'email', 'X-Organization': 'org.id' }],
      }),
  })
  .meta({ title: 'Claims', description: 'What the claims of a token mean.' })

/** How access tokens of another server are checked. */
export const externalTokens = {
  jwt: jwt.optional(),
  introspection: introspection.optional(),
  claims: claims.prefault({}),
}

/** `type: openIdConnect`: tokens of the server that the document names. */
export const openIdConnectSchemeSettings = z
  .strictObject({
    enabled: z.boolean().meta({ title: 'Enabled', description: 'Whether this scheme protects the API.' }),
    ...tokenSources,
    ...externalTokens,
    realm: text({
      title: 'Realm',
      description: 'Realm named in challenges; the API’s name by default.',
      examples: ['Step On'],
    }).optional(),
  })
  .meta({
    title: 'OpenID Connect scheme',
    description: 'Settings of an `openIdConnect` security scheme: JWTs, by the metadata that the document names.',
  })

export type JwtSettings = z.output<typeof jwt>
export type IntrospectionSettings = z.output<typeof introspection>
export type ClaimSettings = z.output<typeof claims>
