/** What a document says of an upstream, as far as connections and paths go. */
export interface TargetSettings {
  readonly url: string
  readonly basePath?: string | undefined
  readonly preserveHostHeader: boolean
  /** Milliseconds. */
  readonly timeout: { readonly connect: number; readonly total: number }
  readonly tls?: TargetTls | undefined
}

/** PEM texts. */
export interface TargetTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly insecureSkipVerify: boolean
}

/** Where requests go, decided once: everything that the forwarder needs to know of an upstream. */
export interface Target {
  /** Scheme, host and port, as a connection pool is keyed. */
  readonly origin: string
  /** Host name or address without port, as it stands in the upstream's certificate. */
  readonly serverName: string
  /** Put before the forwarded path; without trailing slash, `''` for none. */
  readonly basePath: string
  /** `?…` of the upstream URL, without the question mark; put before the request's own query. */
  readonly query: string
  /** Send the client's `Host` instead of the upstream's. */
  readonly preserveHost: boolean
  /** Milliseconds to establish a connection. */
  readonly connectTimeout: number
  /** Milliseconds until the response headers must have arrived, counted from the last byte of the request. */
  readonly totalTimeout: number
  readonly tls: TargetTls | undefined
}

/**
 * `url`: another place than the settings say, with the path that stands in it. `ws` and `wss` stand for `http` and `https`: a
 * request that does not upgrade goes to the same place.
 */
export function compileTarget(settings: TargetSettings, url?: string): Target {
  const parsed = new URL((url ?? settings.url).replace(/^ws/i, 'http'))
  const basePath = url === undefined ? settings.basePath : undefined
  return {
    origin: parsed.origin,
    serverName: parsed.hostname.replace(/^\[|\]$/g, ''),
    basePath: (basePath ?? parsed.pathname).replace(/\/+$/, ''),
    query: parsed.search.slice(1),
    preserveHost: settings.preserveHostHeader,
    connectTimeout: settings.timeout.connect,
    totalTimeout: settings.timeout.total,
    tls: parsed.protocol === 'https:' ? settings.tls : undefined,
  }
}

/** Two targets with one key can share connections. */
export function connectionKey(target: Target): string {
  return JSON.stringify([target.origin, target.connectTimeout, target.tls ?? null])
}

/** The request target to send: raw bytes of the path and of the query, after what the upstream URL brings. */
export function joinPath(target: Target, path: string, query: string): string {
  const joined = target.basePath + path
  const full = joined === '' ? '/' : joined
  if (target.query === '') return full + query
  return query === '' || query === '?' ? `${full}?${target.query}` : `${full}?${target.query}&${query.slice(1)}`
}
