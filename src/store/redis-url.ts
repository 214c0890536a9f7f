/** Where a Redis store is, as its URL tells. */
export interface RedisLocation {
  readonly topology: 'single' | 'sentinel' | 'cluster'
  readonly tls: boolean
  /** One for a single server, one or more sentinels or nodes otherwise. Empty for a unix socket. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  /** A unix socket of a single server. */
  readonly socket?: string
  readonly username?: string
  readonly password?: string
  readonly database: number
  /** Name of the master that the sentinels watch. */
  readonly master?: string
  /** Milliseconds that a command may take. */
  readonly timeout: number
}

/** Milliseconds after which a store that says nothing is taken for unavailable, unless the URL says otherwise. */
const COMMAND_TIMEOUT = 400

const URL_PATTERN =
  /^(rediss?)(?:\+(sentinel|cluster|unix))?:\/\/(?:([^@/]*)@)?([^/?#]*)(\/[^?#]*)?(?:\?timeout=(\d{1,6}))?$/

/**
 * Reads `redis://[user:password@]host[:port][/database]`, `rediss://…` (TLS), `redis+sentinel://host,host/master[/database]`,
 * `redis+cluster://host,host` and `redis+unix:///path/of/socket`, each with `?timeout=MILLISECONDS` if need be. Throws `TypeError` for anything else, never quoting the
 * URL: a password may stand in it.
 */
export function parseRedisUrl(url: string): RedisLocation {
  const [, scheme, kind, credentials, hosts = '', path = '', timeout] = URL_PATTERN.exec(url) ?? []
  if (scheme === undefined) throw new TypeError('this is no Redis URL, such as redis://127.0.0.1:6379/0')
  const common = {
    tls: scheme === 'rediss',
    timeout: Number(timeout ?? COMMAND_TIMEOUT),
    ...parseCredentials(credentials),
  }
  const steps = path.split('/').slice(1)
  if (kind === 'unix') return { ...common, topology: 'single', hosts: [], socket: decode(path), database: 0 }
  if (kind === 'cluster') return { ...common, topology: 'cluster', hosts: parseHosts(hosts, 6379), database: 0 }
  if (kind === 'sentinel') {
    const [master = '', database] = steps
    if (master === '')
      throw new TypeError('a redis+sentinel URL names the master, such as redis+sentinel://host/mymaster')
    const sentinels = parseHosts(hosts, 26379)
    return {
      ...common,
      topology: 'sentinel',
      hosts: sentinels,
      master: decode(master),
      database: parseDatabase(database),
    }
  }
  return { ...common, topology: 'single', hosts: parseHosts(hosts, 6379), database: parseDatabase(steps[0]) }
}

function parseCredentials(text: string | undefined): { readonly username?: string; readonly password?: string } {
  const [username = '', password] = text?.split(':') ?? []
  return {
    ...(username === '' ? {} : { username: decode(username) }),
    ...(password === undefined ? {} : { password: decode(password) }),
  }
}

function parseHosts(text: string, defaultPort: number): RedisLocation['hosts'] {
  return text.split(',').map((one) => {
    const [, host = '', port] = /^(\[[\da-fA-F:.]+\]|[^:[\]]*)(?::(\d{1,5}))?$/.exec(one) ?? []
    if (host === '' && text !== '') throw new TypeError('a host of the Redis URL makes no sense')
    return { host: host.replace(/^\[|\]$/g, '') || '127.0.0.1', port: port === undefined ? defaultPort : Number(port) }
  })
}

function parseDatabase(text: string | undefined): number {
  if (text === undefined || text === '') return 0
  if (!/^\d{1,4}$/.test(text)) throw new TypeError('the database of a Redis URL is a number')
  return Number(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new TypeError('a part of the Redis URL is not percent-encoded properly')
  }
}
