import { announcedTrailers, mayTrail } from './header-class.ts'

/** What the gateway does with a header of an upstream's response, by its name. */
const KEEP = 0
const DROP = 1
const CONNECTION = 2
const CONTENT_LENGTH = 3
const TRAILER = 4
const REQUEST_ID = 5

const CLASSES: ReadonlyMap<string, number> = new Map([
  ['connection', CONNECTION],
  ['keep-alive', DROP],
  ['proxy-connection', DROP],
  ['transfer-encoding', DROP],
  ['te', DROP],
  ['upgrade', DROP],
  ['content-length', CONTENT_LENGTH],
  ['trailer', TRAILER],
  ['x-request-id', REQUEST_ID],
])

const seen = new Map<string, number>()
const SEEN_LIMIT = 2000

function classOf(name: string): number {
  const known = seen.get(name)
  if (known !== undefined) return known
  const found = CLASSES.get(name.toLowerCase()) ?? KEEP
  if (seen.size < SEEN_LIMIT && name.length <= 64) seen.set(name, found)
  return found
}

/** Whether only the gateway may say a header of a response: framing, the connection, the request id. */
export const isOwnResponseHeader = (name: string): boolean => classOf(name) !== KEEP

/** Names and values by turns, as the parser cut them out. */
export type RawHeaders = readonly (Buffer | string)[]

const textOf = (piece: Buffer | string): string => (typeof piece === 'string' ? piece : piece.toString('latin1'))

/**
 * The headers of a response as they go to the client, flat, with the bytes they came with: without those that are hop by hop
 * (RFC 9110 §7.6.1), and with a request id. `chunkable`: whether a body of unknown length goes out in chunks, after which trailers
 * can follow.
 */
export function responseHeaders(raw: RawHeaders, requestId: string | undefined, chunkable: boolean): string[] {
  const out: string[] = []
  let connection = ''
  let named = false
  let sized = false
  let trailer = ''
  for (let index = 0; index < raw.length; index += 2) {
    const name = textOf(raw[index] as Buffer)
    const kind = classOf(name)
    if (kind === DROP) continue
    const value = textOf(raw[index + 1] as Buffer)
    if (kind === CONNECTION) connection += `,${value}`
    else if (kind === TRAILER) trailer = announcedTrailers(value)
    else {
      if (kind === REQUEST_ID) named = true
      if (kind === CONTENT_LENGTH) sized = true
      out.push(name, value)
    }
  }
  if (trailer !== '' && chunkable && !sized) out.push('Trailer', trailer)
  if (!named && requestId !== undefined) out.push('X-Request-Id', requestId)
  return connection === '' ? out : withoutNamed(out, connection)
}

/** Framing is not theirs to remove: `Connection: content-length` does not change where the body ends. */
function withoutNamed(headers: string[], connection: string): string[] {
  const lower = connection.toLowerCase()
  if (lower === ',keep-alive' || lower === ',close') return headers
  const named = new Set(lower.split(',').map((name) => name.trim()))
  named.delete('content-length')
  named.delete('x-request-id')
  return headers.filter((_, index) => !named.has((headers[index & ~1] as string).toLowerCase()))
}

/** Trailers as they go to the client, in pairs. */
export function responseTrailers(raw: RawHeaders): [string, string][] {
  const out: [string, string][] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = textOf(raw[index] as Buffer)
    if (mayTrail(name)) out.push([name, textOf(raw[index + 1] as Buffer)])
  }
  return out
}
