import type { TokenSource, TokenSources } from '../../api/settings/token-source.ts'
import type { Call } from '../call.ts'
import { INVALID_TOKEN, MISSING, type Refusal, SEVERAL } from '../security/verdict.ts'
import { cookieValues, queryValues } from '../strip-credential.ts'
import { offeredProtocols, tokenIn } from '../websocket-handshake.ts'

/** Finds the access token on a call, or says why there is none to check. */
export type LocateToken = (call: Call) => string | Refusal

const DEFAULT_HEADER: TokenSource = { enabled: true, name: 'Authorization' }

/** The header that is looked at: `Authorization`, unless the settings name another one or switch it off. */
export function headerSource(sources: TokenSources): TokenSource | undefined {
  const source = sources.header ?? DEFAULT_HEADER
  return source.enabled ? source : undefined
}

/** RFC 6750 §2: header, query and cookie as the settings say; using more than one of them is refused. */
export function tokenLocator(sources: TokenSources): LocateToken {
  const header = headerSource(sources)
  const query = sources.query?.enabled ? sources.query.name : undefined
  const cookie = sources.cookie?.enabled ? sources.cookie.name : undefined
  const fromHeader = header && headerLocator(header.name)
  const prefix = sources.subprotocol?.enabled ? sources.subprotocol.name : undefined
  if (fromHeader && query === undefined && cookie === undefined && prefix === undefined) return fromHeader
  return (call) => {
    const found: (string | Refusal)[] = []
    const first = fromHeader?.(call)
    if (first !== undefined && first !== MISSING) found.push(first)
    if (query !== undefined) found.push(...queryValues(call.target.query, query).map(plainToken))
    if (cookie !== undefined) found.push(...cookieValues(call.req.headers.cookie, cookie).map(plainToken))
    if (prefix !== undefined && call.upgrade) found.push(...fromSubprotocols(call, prefix))
    const presented = found.filter((one) => one !== MISSING)
    return presented.length > 1 ? SEVERAL : (presented[0] ?? MISSING)
  }
}

function fromSubprotocols({ req }: Call, prefix: string): (string | Refusal)[] {
  const tokens = offeredProtocols(req).map((protocol) => tokenIn(protocol, prefix))
  return tokens.filter((token) => token !== undefined).map(oneWord)
}

function headerLocator(name: string): LocateToken {
  const lower = name.toLowerCase()
  if (lower === 'authorization') {
    return (call) => (call.authorizations > 1 ? SEVERAL : bearerToken(call.req.headers.authorization))
  }
  return (call) => {
    const value = call.req.headers[lower]
    return value === undefined ? MISSING : plainToken(String(value))
  }
}

const SPACE = 32

/** RFC 6750 §2.1: `Bearer`, in any case, and the token. Another scheme's credentials are none of this one. */
export function bearerToken(value: string | undefined): string | Refusal {
  if (value === undefined || value === '') return MISSING
  if (value.charCodeAt(6) === SPACE && isBearer(value.slice(0, 6))) return oneWord(value.slice(7).trimStart())
  if (isBearer(value)) return MISSING
  return value.includes(' ') ? MISSING : INVALID_TOKEN // a bare word is a token without its scheme
}

const isBearer = (word: string): boolean => word === 'Bearer' || word.toLowerCase() === 'bearer'

/** Outside `Authorization` the token stands bare or after `Bearer`. */
function plainToken(value: string): string | Refusal {
  return value.charCodeAt(6) === SPACE && isBearer(value.slice(0, 6)) ? oneWord(value.slice(7).trim()) : oneWord(value)
}

function oneWord(token: string): string | Refusal {
  if (token === '') return MISSING
  return token.includes(' ') || token.includes(',') ? INVALID_TOKEN : token
}
