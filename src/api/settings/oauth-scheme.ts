import { z } from 'zod'
import { sha256 } from '../../core/digest.ts'
import { externalTokens } from './external-tokens.ts'
import { duration, flag, httpUrl, lifetime, secret, text } from './field.ts'
import { notificationSettings } from './notifications.ts'
import { tokenSources } from './token-source.ts'

const passwordVerifier = z
  .strictObject({
    url: httpUrl({
      title: 'URL',
      description: 'Asked with a signed JSON POST; 200 `{user, scope?, metadata?}` or 401.',
      examples: ['https://login.example.com/verify'],
    }),
    sharedSecret: secret({ title: 'Signing secret', description: 'Signs the question as notifications are signed.' }),
  })
  .meta({
    title: 'Password verifier',
    description:
      'The service that checks the user name and password of the password grant. Without it, the registered users.',
  })

const scopes = z
  .strictObject({
    default: z
      .array(z.string())
      .default([])
      .meta({ title: 'Default scopes', description: 'Granted when a request names none.', examples: [['read']] }),
    mandatory: flag(false, { title: 'Mandatory', description: 'Refuse a request that names no scope.' }),
  })
  .meta({
    title: 'Scopes',
    description: 'Scopes come from the flows of the document; this says what holds when a request names none.',
  })

const liveProvisionKey = z
  .string()
  .min(1)
  .meta({
    title: 'Provision key',
    description: 'A key that is live.',
    secret: true,
    examples: ['env:PROVISION_KEY', 'file:/run/secrets/provision-key'],
  })

/** Only digests are kept: nothing that is held in memory, or printed, opens anything. */
const provisionKey = z
  .union([liveProvisionKey, z.array(liveProvisionKey).min(1).max(2, 'two live keys at most')])
  .meta({
    title: 'Provision key',
    description:
      'Lets the API owner’s login page post `authenticated_userid` to the authorization URL, and get tokens on behalf of a user. A list of two: both are live, for a rotation.',
    secret: true,
    examples: ['env:PROVISION_KEY', ['env:PROVISION_KEY', 'env:PROVISION_KEY_BEFORE']],
  })
  .transform((keys) => ({ digests: [keys].flat().map(sha256) }))

/** `type: oauth2`: this gateway as the authorization server, or tokens of another one. */
export const oauthSchemeSettings = z
  .strictObject({
    enabled: z.boolean().meta({ title: 'Enabled', description: 'Whether this scheme protects the API.' }),
    mode: z.enum(['issuer', 'external']).optional().meta({
      title: 'Mode',
      description:
        '`issuer`: the gateway issues the tokens (default when a flow URL is relative). `external`: another server does.',
    }),
    ...tokenSources,
    allowedAuthorizeTypes: z
      .array(z.enum(['code', 'token']))
      .default(['code'])
      .meta({
        title: 'Response types',
        description: 'Allowed `response_type`s. `token` also needs the `implicit` flow.',
      }),
    authLoginRedirect: httpUrl({
      title: 'Login page',
      description: 'Page of the identity server that authenticates the user; the browser is sent there with 307.',
      examples: ['https://login.example.com/consent'],
    }).optional(),
    refreshToken: flag(false, {
      title: 'Refresh tokens',
      description: 'Issue and accept refresh tokens for the code and password grants.',
    }),
    notifications: notificationSettings.optional(),
    pkce: z.enum(['required', 'public', 'optional']).default('required').meta({
      title: 'PKCE',
      description: 'Who must use a code challenge (S256): everyone, public clients, or who wants to.',
    }),
    accessTokenLifetime: lifetime({
      title: 'Access token lifetime',
      description: 'How long an access token is valid; 0: for ever, and then there is no refresh token.',
    }).prefault('1h'),
    refreshTokenLifetime: lifetime({
      title: 'Refresh token lifetime',
      description: 'How long after the first token of a grant it can be refreshed; 0: for ever.',
    }).prefault('14d'),
    refreshTokenIdleLifetime: duration({
      title: 'Refresh token idle lifetime',
      description: 'How long a refresh token lives unused. Without it, only the absolute lifetime counts.',
    }).optional(),
    authorizationCodeLifetime: duration({
      title: 'Code lifetime',
      description: 'How long an authorization code is valid.',
    }).prefault('60s'),
    refreshTokenRotation: z.enum(['always', 'public', 'never']).default('always').meta({
      title: 'Refresh token rotation',
      description: 'Whose refresh tokens are replaced at each use: everyone’s, those of public clients, or nobody’s.',
    }),
    refreshTokenGrace: duration({
      title: 'Grace window',
      description: 'For how long a used refresh token gets the same answer again, for a client that lost it.',
    }).prefault('30s'),
    accessTokenFormat: z.enum(['opaque', 'jwt']).default('opaque').meta({
      title: 'Access token format',
      description: 'Opaque text, or a signed JWT (RFC 9068).',
    }),
    scopes: scopes.prefault({}),
    provisionKey: provisionKey.optional(),
    passwordVerifier: passwordVerifier.optional(),
    globalCredentials: flag(false, {
      title: 'Global credentials',
      description: 'Accept access tokens of every other scheme on this gateway that also has it on.',
    }),
    realm: text({
      title: 'Realm',
      description: 'Realm named in challenges; the API’s name by default.',
      examples: ['Step On'],
    }).optional(),
    ...externalTokens,
  })
  .meta({ title: 'OAuth 2.0 scheme', description: 'Settings of an `oauth2` security scheme.' })

export type OAuthSchemeSettings = z.output<typeof oauthSchemeSettings>
