import { z } from 'zod'
import { readPrivateKey, signingAlgorithm } from '../../core/private-key.ts'
import { Secret } from '../../core/secret.ts'
import { duration, type FieldText, httpUrl, secret, text } from './field.ts'
import { headerName } from './header-name.ts'

/** One text or several; becomes a list. */
const texts = (meta: FieldText) =>
  z
    .union([z.string().min(1), z.array(z.string().min(1))])
    .meta({ ...meta })
    .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

function fitsKey(algorithm: string, text: string): boolean {
  const key = readPrivateKey(text)
  const own = key && signingAlgorithm(key)
  return own === algorithm || (own === 'RS256' && /^[RP]S/.test(algorithm))
}

const privateKey = z
  .strictObject({
    key: z
      .string()
      .refine((value) => {
        const key = readPrivateKey(value)
        return key !== undefined && signingAlgorithm(key) !== undefined
      }, 'a private key for signing: PEM (PKCS #8), or a JWK as JSON')
      .meta({
        title: 'Private key',
        description: 'PEM or JWK of an RSA, EC or Ed25519 key.',
        secret: true,
        examples: ['file:/run/secrets/client-key.pem'],
      })
      .transform((value) => new Secret(value)),
    keyId: text({
      title: 'Key id',
      description: '`kid` in the header of the assertion.',
      examples: ['2026-11'],
    }).optional(),
    algorithm: z
      .enum(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])
      .meta({ title: 'Algorithm', description: 'What the assertion is signed with; by default what fits the key.' })
      .optional(),
    audience: text({
      title: 'Audience',
      description: '`aud` of the assertion; by default the token URL.',
      examples: ['https://login.example.com/'],
    }).optional(),
  })
  .refine(
    ({ key, algorithm }) => algorithm === undefined || fitsKey(algorithm, key.reveal()),
    'an object whose algorithm fits its key',
  )
  .meta({ title: 'Private key', description: 'What `private_key_jwt` (RFC 7523) signs its assertions with.' })

/** The header that the token goes into. */
const tokenHeader = z
  .strictObject({
    name: headerName({ title: 'Name', description: 'Header that carries the token.' }).default('Authorization'),
    prefix: z
      .string()
      .regex(/^[!-~]*$/, 'a word without blanks, or nothing')
      .meta({
        title: 'Prefix',
        description: 'Word before the token; by default `Bearer`. Empty: the bare token.',
        examples: ['Token', ''],
      })
      .optional(),
  })
  .meta({ title: 'Header', description: 'Where the token stands on the way to the upstream.' })

/** Parameters that say who the client is: `clientAuth` decides where they stand, once. */
const CREDENTIAL_PARAMETERS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type']

const request = {
  scopes: z
    .array(z.string().regex(/^[!#-[\]-~]+$/, 'one scope, without blanks'))
    .default([])
    .meta({ title: 'Scopes', description: 'Without any, no `scope` is sent.', examples: [['orders:read']] }),
  audience: texts({
    title: 'Audience',
    description: '`audience` parameter, as some servers want it.',
    examples: ['https://api.example.com'],
  }).optional(),
  resource: texts({
    title: 'Resource',
    description: '`resource` parameter (RFC 8707).',
    examples: ['https://api.example.com/'],
  }).optional(),
  params: z
    .record(
      z.string().meta({ examples: ['tenant'] }),
      texts({ title: 'Parameter', description: 'Value of the parameter, or several.', examples: ['eu'] }),
    )
    .default({})
    .meta({
      title: 'Parameters',
      description: 'Further form parameters; they replace those of the same name, credentials excepted.',
    }),
  headers: z
    .record(
      headerName({ title: 'Name', description: 'Name of the header.', examples: ['X-Tenant'] }),
      z
        .string()
        .regex(/^[\x20-\x7e]*$/, 'printable ASCII')
        .meta({ title: 'Header', description: 'Value of the header.' }),
    )
    .default({})
    .meta({ title: 'Headers', description: 'Further headers of the token request.', examples: [{ 'X-Tenant': 'eu' }] }),
}

const handling = {
  header: tokenHeader.prefault({}),
  timeout: duration({ title: 'Timeout', description: 'Time that the token server may take.' }).prefault('5s'),
  margin: duration({
    title: 'Margin',
    description: 'A token is refreshed in the background so long before it expires; half of its life at most.',
  }).prefault('30s'),
  defaultTtl: duration({
    title: 'Default lifetime',
    description: 'How long a token is used when the server does not say how long it is valid.',
  }).prefault('5m'),
  negativeTtl: duration({
    title: 'Pause after failure',
    description: 'For how long the token server is not asked again after it failed; its `Retry-After` may say more.',
  }).prefault('5s'),
  purgeOn: z
    .array(z.int().min(400).max(599))
    .default([401])
    .meta({
      title: 'Purge on',
      description: 'Answers of the upstream at which the token is thrown away and an idempotent request is repeated.',
      examples: [[401, 403]],
    }),
}

/** The client credentials grant (RFC 6749 §4.4) with the gateway as the client. */
export const clientCredentialsSettings = z
  .strictObject({
    tokenUrl: httpUrl({
      title: 'Token URL',
      description: 'Token endpoint of the upstream’s authorization server.',
      examples: ['https://login.example.com/oauth/token'],
    }),
    clientId: text({ title: 'Client id', description: 'Who the gateway is there.', examples: ['gateway'] }),
    clientSecret: secret({ title: 'Client secret', description: 'Its secret.' }).optional(),
    clientAuth: z
      .enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt'])
      .default('client_secret_basic')
      .meta({
        title: 'Client authentication',
        description:
          'How the gateway proves who it is: in the `Authorization` header, in the body (Auth0), or by a signed assertion. Never in two ways.',
      }),
    privateKey: privateKey.optional(),
    ...request,
    ...handling,
  })
  .superRefine((settings, context) => {
    const missing = settings.clientAuth === 'private_key_jwt' ? 'privateKey' : 'clientSecret'
    if (settings[missing] === undefined) {
      context.addIssue({ code: 'custom', path: [], message: `a ${missing}: ${settings.clientAuth} needs one` })
    }
    for (const name of CREDENTIAL_PARAMETERS) {
      if (!Object.hasOwn(settings.params, name)) continue
      const message =
        'a parameter that is no credential; `clientAuth: client_secret_post` sends credentials in the body'
      context.addIssue({ code: 'custom', path: ['params', name], message })
    }
  })
  .meta({
    title: 'Client credentials',
    description: 'The gateway gets an access token for itself, and keeps it for as long as it is good.',
  })

export type ClientCredentialsSettings = z.output<typeof clientCredentialsSettings>
