import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Api } from '../api/api.ts'
import { Problem } from '../core/problem.ts'

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
/** Base64 of 16 bytes. */
const KEY = /^[A-Za-z0-9+/]{22}==$/

/** RFC 6455 §4.2.1. Throws a `Problem` for a handshake that no server may accept. */
export function checkHandshake({ headers, httpVersion }: IncomingMessage): void {
  const bad = (detail: string): Problem => new Problem(400, 'bad_websocket_handshake', detail)
  if (httpVersion !== '1.1') throw bad('A WebSocket begins with a request of HTTP/1.1.')
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) throw bad('Sec-WebSocket-Key must be 16 bytes in base64.')
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    throw bad('The request for a WebSocket has no body.')
  if (headers['sec-websocket-version'] !== '13') {
    const known = { headers: { 'Sec-WebSocket-Version': '13', Upgrade: 'websocket' } }
    throw new Problem(426, 'upgrade_required', 'The only version of the protocol that is known here is 13.', known)
  }
}

/** RFC 6455 §4.2.2 step 5: what proves that the other side has understood the key. */
export function acceptOf(key: string): string {
  return hash('sha1', key + GUID, 'base64')
}

/** The subprotocols that a request offers, in its order (RFC 6455 §11.3.4). */
export function offeredProtocols({ headers }: IncomingMessage): string[] {
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? []
  return offered.filter((name) => name !== '')
}

/** Prefixes of offered subprotocols that stand for access tokens at this API. */
export function tokenPrefixes(api: Api): string[] {
  return [...api.securitySchemes.values()].flatMap((scheme) => {
    const source = 'sources' in scheme ? scheme.sources.subprotocol : undefined
    return source?.enabled ? [source.name] : []
  })
}

/**
 * The token of a subprotocol that begins with the prefix; undefined when it is none. A prefix that begins with `base64url.`
 * says that the token is encoded, because not every character of a token may stand in the name of a protocol.
 */
export function tokenIn(protocol: string, prefix: string): string | undefined {
  if (!protocol.startsWith(prefix)) return undefined
  const text = protocol.slice(prefix.length)
  return prefix.startsWith('base64url.') ? Buffer.from(text, 'base64url').toString('utf8') : text
}

/**
 * Whether a browser would add credentials to this API by itself, whatever page asks for the connection: cookies, or a name and
 * password that it remembers. Then pages of other origins must be named to be let in.
 */
export function hasAmbientCredentials(api: Api): boolean {
  return [...api.securitySchemes.values()].some((scheme) => {
    if (scheme.kind === 'basic') return true
    if (scheme.kind === 'apiKey') return scheme.in === 'cookie'
    return 'sources' in scheme && scheme.sources.cookie?.enabled === true
  })
}
