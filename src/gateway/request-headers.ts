import { Problem } from '../core/problem.ts'
import type { Call } from './call.ts'
import { severalHosts, wrongCoding } from './framing.ts'
import { announcedTrailers, HEADER, headerClass, mayTrail } from './header-class.ts'
import { stripCookie } from './strip-credential.ts'

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** Header fields of a request at most. Tiny ones are not held back by the limit on bytes, which counts no delimiters. */
const HEADER_FIELDS = 512

/**
 * Reads the request's headers once: collects in `call.headers` what may go upstream, and notes on the call what steps and
 * forwarder need. Throws a 400 `Problem` for framing that two parties could read differently (RFC 9112 §6.1, §3.2).
 */
export function readRequestHeaders(call: Call): void {
  const raw = call.req.rawHeaders
  const out = call.headers
  let hosts = 0
  let connection = ''
  let traceparents = 0
  let trailer = ''
  const tracestate: string[] = []
  if (raw.length > HEADER_FIELDS * 2) throw new Problem(431, 'headers_too_large', 'The request has too many headers.')
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    const value = raw[index + 1] as string
    switch (headerClass(name)) {
      case HEADER.keep:
        if (!isCredential(call, name)) out.push(name, value)
        break
      case HEADER.authorization:
        call.authorizations++
        if (!isCredential(call, name)) out.push(name, value)
        break
      case HEADER.host:
        hosts++
        if (call.plan.target.preserveHost) out.push(name, call.target.authority ?? value)
        break
      case HEADER.connection:
        connection = connection === '' ? value : `${connection},${value}`
        break
      case HEADER.contentLength:
        noteLength(call, value)
        break
      case HEADER.transferEncoding:
        noteEncoding(call, value)
        break
      case HEADER.cookie:
        passCookie(call, name, value)
        break
      case HEADER.te:
        if (acceptsTrailers(value)) out.push(name, 'trailers')
        break
      case HEADER.trailer:
        trailer = announcedTrailers(value)
        break
      case HEADER.traceparent:
        traceparents++
        call.traceparent = value
        break
      case HEADER.tracestate:
        tracestate.push(name, value)
        break
      case HEADER.forwarded:
        call.forwardedBy.push(name, value)
        break
    }
  }
  if (trailer !== '' && call.bodyLength === -1) out.push('Trailer', trailer)
  if (hosts > 1) throw severalHosts()
  if (connection !== '') dropNamedByConnection(call, connection)
  keepTrace(call, traceparents, tracestate)
}

/** W3C Trace Context §3.2: one well-formed `traceparent`, or a new trace; `tracestate` means nothing without it. */
function keepTrace(call: Call, traceparents: number, tracestate: readonly string[]): void {
  if (traceparents !== 1 || !TRACEPARENT.test(call.traceparent ?? '')) call.traceparent = undefined
  else call.headers.push(...tracestate)
}

/** Whether the header is a place of credentials that the API wants removed. */
function isCredential(call: Call, name: string): boolean {
  const strip = call.plan.strip
  if (!strip) return false
  const lower = name.toLowerCase()
  // CGI-like upstreams read `X_Api_Key` and `X-Api-Key` as one name
  return strip.headers.has(lower) || (lower.includes('_') && strip.headers.has(lower.replaceAll('_', '-')))
}

function passCookie(call: Call, name: string, value: string): void {
  const strip = call.plan.strip
  const rest = strip && strip.cookies.size > 0 ? stripCookie(value, strip.cookies) : value
  if (rest !== '') call.headers.push(name, rest)
}

/** The parser has checked the digits and refuses a length beside a transfer coding, or two different ones. */
function noteLength(call: Call, value: string): void {
  call.bodyLength = Number(value)
}

function noteEncoding(call: Call, value: string): void {
  if (value.toLowerCase() !== 'chunked' || call.bodyLength === -1 || call.req.httpVersionMinor === 0)
    throw wrongCoding()
  call.bodyLength = -1
}

/** RFC 9110 §10.1.4: of `TE`, which is hop by hop, the gateway itself keeps the promise to pass trailers on. */
function acceptsTrailers(value: string): boolean {
  return value.split(',').some((member) => member.split(';', 1)[0]?.trim().toLowerCase() === 'trailers')
}

/** Trailers of a request as they go upstream, flat; those that its API wants removed as credentials are not among them. */
export function requestTrailers(call: Call): string[] {
  const raw = call.req.rawTrailers
  const out: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string
    if (mayTrail(name) && !isCredential(call, name)) out.push(name, raw[index + 1] as string)
  }
  return out
}

/** RFC 9110 §7.6.1: what `Connection` names is meant for the gateway only. */
function dropNamedByConnection(call: Call, connection: string): void {
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close') return
  const named = new Set(lower.split(',').map((name) => name.trim()))
  named.delete('te') // its place in Connection is how a client says that it takes trailers
  named.delete('host') // belongs to the request, not to the connection
  const others = (_: string, index: number, all: readonly string[]) => !named.has(all[index & ~1]?.toLowerCase() ?? '')
  call.headers = call.headers.filter(others)
  call.forwardedBy = call.forwardedBy.filter(others)
  if (named.has('traceparent')) call.traceparent = undefined
}
