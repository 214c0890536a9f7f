import type { ClientCredentialsSettings } from '../../api/settings/client-credentials.ts'
import type { Instant } from '../../core/clock.ts'
import type { OutboundResponse } from '../../outbound/outbound.ts'

/** An access token, ready to be sent. */
export interface UpstreamToken {
  /** Value of the header: the token after its word. */
  readonly value: string
  /** When it was asked for. */
  readonly askedAt: Instant
  readonly expiresAt: Instant
}

/** Why there is no token. The message is for operators and holds nothing that the token server was told or told us. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused'
  /** Milliseconds for which the server wants to be left alone; 0 when it said nothing. */
  readonly retryAfter: number

  constructor(message: string, retryAfter = 0) {
    super(message)
    this.retryAfter = retryAfter
  }
}

/** A token is used for so long at most: timers have bounds, and a server may mean what it says. */
const LONGEST = 7 * 86_400_000
/** RFC 6750 §2.1: what a token may consist of, and a little more. */
const TOKEN = /^[\x21-\x7e]+$/

/** RFC 6749 §5.1. `askedAt`: the life of the token counts from the request. Throws `TokenRefused`. */
export function tokenOf(
  response: OutboundResponse,
  { header, defaultTtl }: ClientCredentialsSettings,
  askedAt: Instant,
): UpstreamToken {
  const { status } = response
  const body = response.truncated ? undefined : objectOf(response.body)
  if (status < 200 || status > 299) {
    throw new TokenRefused(`it answered ${status}${errorCode(body)}`, retryAfter(response.headers['retry-after']))
  }
  if (!body) throw new TokenRefused('its answer is no JSON object')
  const token = body['access_token']
  if (typeof token !== 'string' || !TOKEN.test(token)) throw new TokenRefused(`it gave no token${errorCode(body)}`)
  const word = header.prefix ?? wordOf(body['token_type'])
  const life = lifeOf(body['expires_in'], defaultTtl)
  return { value: word === '' ? token : `${word} ${token}`, askedAt, expiresAt: askedAt + life }
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined // the caller says so
  }
}

/** Only what looks like one of the codes of RFC 6749 §5.2 is repeated: a description might repeat what it was sent. */
function errorCode(body: Readonly<Record<string, unknown>> | undefined): string {
  const error = body?.['error']
  return typeof error === 'string' && /^[a-z][a-z_]{0,39}$/.test(error) ? ` ${error}` : ''
}

/** RFC 6749 §7.1: a token must not be used when its type is not understood. Servers that say nothing mean Bearer. */
function wordOf(type: unknown): string {
  if (type === undefined || type === null || String(type).toLowerCase() === 'bearer') return 'Bearer'
  throw new TokenRefused('its token is not of the type Bearer; upstream…clientCredentials.header.prefix overrides that')
}

/** Seconds as a number or a text. What says nothing, or nothing that could be meant, is the default. */
function lifeOf(seconds: unknown, defaultTtl: number): number {
  const given = typeof seconds === 'string' ? Number(seconds.trim() || Number.NaN) : seconds
  const life = typeof given === 'number' && given > 0 ? given * 1000 : defaultTtl
  return Math.min(life, LONGEST)
}

/** RFC 9110 §10.2.3, in seconds; a date says nothing that the usual pause would not. */
function retryAfter(value: string | undefined): number {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Number(value) * 1000 : 0
}
