/** What the gateway does with a header, by its name. */
export const HEADER = {
  /** Passed on as it is. */
  keep: 0,
  /** Never passed on: hop by hop (RFC 9110 §7.6.1), framing, or a name that only the gateway may say. */
  drop: 1,
  host: 2,
  connection: 3,
  te: 4,
  authorization: 5,
  contentLength: 6,
  transferEncoding: 7,
  trailer: 8,
  cookie: 9,
  traceparent: 10,
  tracestate: 11,
  /** `X-Forwarded-*`, `Forwarded`: passed on only when a trusted peer says it. */
  forwarded: 12,
  requestId: 13,
} as const
export type HeaderClass = (typeof HEADER)[keyof typeof HEADER]

const CLASSES: ReadonlyMap<string, HeaderClass> = new Map<string, HeaderClass>([
  ['connection', HEADER.connection],
  ['keep-alive', HEADER.drop],
  ['proxy-connection', HEADER.drop],
  ['proxy-authenticate', HEADER.drop],
  ['proxy-authorization', HEADER.drop],
  ['proxy-authentication-info', HEADER.drop],
  ['upgrade', HEADER.drop],
  ['http2-settings', HEADER.drop],
  ['expect', HEADER.drop],
  ['te', HEADER.te],
  ['trailer', HEADER.trailer],
  ['transfer-encoding', HEADER.transferEncoding],
  ['content-length', HEADER.contentLength],
  ['host', HEADER.host],
  ['authorization', HEADER.authorization],
  ['cookie', HEADER.cookie],
  ['traceparent', HEADER.traceparent],
  ['tracestate', HEADER.tracestate],
  ['forwarded', HEADER.forwarded],
  ['x-forwarded-for', HEADER.forwarded],
  ['x-forwarded-host', HEADER.forwarded],
  ['x-forwarded-proto', HEADER.forwarded],
  ['x-forwarded-port', HEADER.forwarded],
  ['x-forwarded-prefix', HEADER.forwarded],
  ['x-real-ip', HEADER.forwarded],
  ['x-request-id', HEADER.requestId],
  ['x-credential-identifier', HEADER.drop],
  ['x-anonymous-consumer', HEADER.drop],
])
/** Names that say who calls: whatever begins so is the gateway's to say. */
const IDENTITY_PREFIXES = ['x-authenticated-', 'x-consumer-'] as const

const seen = new Map<string, HeaderClass>()
const SEEN_LIMIT = 2000
const NAME_LIMIT = 64

/** The class of a header name in any case. One look-up for names seen before; bounded, because clients choose names. */
export function headerClass(name: string): HeaderClass {
  const known = seen.get(name)
  if (known !== undefined) return known
  const found = classify(name.toLowerCase())
  if (seen.size < SEEN_LIMIT && name.length <= NAME_LIMIT) seen.set(name, found)
  return found
}

function classify(lower: string): HeaderClass {
  const exact = classOfName(lower)
  if (exact !== HEADER.keep) return exact
  // CGI-like upstreams read `X_Consumer_Id` and `X-Consumer-Id` as one name: a twin of anything special is not passed on
  return classOfName(lower.replace(/[^a-z0-9]/g, '-')) === HEADER.keep ? HEADER.keep : HEADER.drop
}

function classOfName(lower: string): HeaderClass {
  const listed = CLASSES.get(lower)
  if (listed !== undefined) return listed
  return IDENTITY_PREFIXES.some((prefix) => lower.startsWith(prefix)) ? HEADER.drop : HEADER.keep
}

/** RFC 9110 §6.5.1: fields that must not come after the body, because they say how to read it, who asks, or what is kept. */
const NOT_IN_TRAILERS =
  /^(?:content-(?:length|encoding|type|range)|transfer-encoding|host|set-cookie|www-authenticate|cache-control|age|expires|date|location|retry-after|vary|max-forwards|range|if-.*)$/i

/** Whether a field may follow a body: none that must stand in the head, and none that only the gateway may say. */
export function mayTrail(name: string): boolean {
  return headerClass(name) === HEADER.keep && !NOT_IN_TRAILERS.test(name)
}

/** RFC 9110 §6.6.2: of what `Trailer` announces, the names that will be passed on; `''` when there are none. */
export function announcedTrailers(value: string): string {
  const names = value.split(',').map((name) => name.trim())
  return names.filter((name) => name !== '' && mayTrail(name)).join(', ')
}
