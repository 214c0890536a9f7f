import type { Instant } from '../core/clock.ts'
import { sha256 } from '../core/digest.ts'
import type { ClientEvent, GatewayEvent, GrantEvent, TokenEvent } from './event.ts'

/** An event that an operator makes to see whether a receiver hears. */
export interface TestEvent {
  readonly type: 'webhook.test'
  readonly at: Instant
  readonly api: string
  readonly endpoint: string
}

/** What a receiver is told of: an event, at one of the APIs that it concerns. */
export type Told = TokenEvent | GrantEvent | TestEvent | (ClientEvent & { readonly api: string })

/**
 * The body of a notification: minified JSON, whose bytes follow from the event alone. Token events carry the seed's
 * five members first. Without `includeTokens`, ids stand where the code and the tokens would.
 */
export function eventBody(event: Told, includeTokens: boolean): string {
  const { type, at } = event
  const timestamp = new Date(at).toISOString()
  return JSON.stringify({ ...fiveMembers(event, includeTokens), type, timestamp, data: dataOf(event) })
}

/** The members that the first receivers know; all strings, empty where there is nothing to say. */
function fiveMembers(event: Told, includeTokens: boolean): Record<string, string> {
  if (!isTokenEvent(event)) return {}
  const shown = (credential: string | undefined): string => {
    if (credential === undefined) return ''
    return includeTokens ? credential : credentialId(credential)
  }
  return {
    auth_code: shown(event.code),
    new_oauth_token: shown(event.accessToken),
    refresh_token: shown(event.refreshToken),
    old_refresh_token: shown(event.oldRefreshToken),
    notification_type: NOTIFICATION_TYPES[event.type],
  }
}

const NOTIFICATION_TYPES = {
  'oauth.token.issued': 'new',
  'oauth.token.refreshed': 'refresh',
  'oauth.token.revoked': 'revoked',
} as const satisfies Record<TokenEvent['type'], string>

export function isTokenEvent(event: GatewayEvent | Told): event is TokenEvent {
  return Object.hasOwn(NOTIFICATION_TYPES, event.type)
}

function dataOf(event: Told): Record<string, unknown> {
  if (event.type === 'webhook.test') return { api_id: event.api, endpoint: event.endpoint }
  if (isClientEvent(event)) {
    return { api_id: event.api, client_id: event.clientId, client_type: event.clientType, name: event.name ?? null }
  }
  const common = {
    api_id: event.api,
    client_id: event.clientId,
    user: event.user ?? null,
    scope: event.scope.join(' '),
    grant_type: event.grantType,
    grant_id: event.grantId ?? null,
  }
  if (event.type === 'oauth.grant.revoked') return { ...common, reason: event.reason }
  return { ...common, token_id: event.tokenId, expires_at: new Date(event.expiresAt).toISOString() }
}

export function isClientEvent<E extends GatewayEvent | Told>(event: E): event is Extract<E, ClientEvent> {
  return 'clientType' in event
}

/** The public name of a code or token: the first 16 bytes of its SHA-256. Whoever holds it can compute it. */
export function credentialId(credential: string): string {
  return Buffer.from(sha256(credential), 'base64url').subarray(0, 16).toString('base64url')
}
