import type { Instant } from '../../core/clock.ts'
import { formatDuration } from '../../core/duration.ts'
import type { ClientRecord } from '../../oauth/records/client.ts'

/** A client as the admin API shows it: everything but its secrets. */
export function clientView(client: ClientRecord, now: Instant): Readonly<Record<string, unknown>> {
  const secrets = client.secrets.filter(({ expiresAt }) => expiresAt === undefined || now < expiresAt)
  return {
    client_id: client.clientId,
    client_type: client.type,
    ...(client.name === undefined ? {} : { name: client.name }),
    redirect_uri: client.redirectUris[0] ?? '',
    redirect_uris: client.redirectUris,
    apis: client.apis,
    ...(client.scopes === undefined ? {} : { scopes: client.scopes }),
    ...(client.grantTypes === undefined ? {} : { grant_types: client.grantTypes }),
    policy_id: client.policies[0] ?? '',
    policies: client.policies,
    meta_data: client.metadata,
    token_endpoint_auth_method: client.authMethod ?? (client.type === 'public' ? 'none' : 'client_secret_basic'),
    ...(client.jwks === undefined ? {} : { jwks: client.jwks }),
    ...(client.jwksUri === undefined ? {} : { jwks_uri: client.jwksUri }),
    ...lifetimesView(client.lifetimes),
    secrets: secrets.map(({ createdAt, expiresAt }) => ({
      created_at: isoTime(createdAt),
      ...(expiresAt === undefined ? {} : { expires_at: isoTime(expiresAt) }),
    })),
    created_at: isoTime(client.createdAt),
    updated_at: isoTime(client.updatedAt),
  }
}

function lifetimesView(lifetimes: ClientRecord['lifetimes']): Readonly<Record<string, string>> {
  const named = [
    ['access_token_lifetime', lifetimes?.accessToken],
    ['refresh_token_lifetime', lifetimes?.refreshToken],
    ['refresh_token_idle_lifetime', lifetimes?.refreshTokenIdle],
  ] as const
  return Object.fromEntries(
    named.flatMap(([name, value]) => (value === undefined ? [] : [[name, formatDuration(value)]])),
  )
}

/** RFC 3339 in UTC. */
export const isoTime = (at: Instant): string => new Date(at).toISOString()
