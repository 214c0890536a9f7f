/**
 * Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1): what may be registered, and when a request's matches.
 */

const MAX_LENGTH = 2000

/** RFC 3986 characters: nothing that a browser, a header or a log reads differently than we do. */
const URI_CHARACTERS = /^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+$/

/** Schemes that mean something to a browser other than "hand this to the application that claims it". */
const FORBIDDEN_SCHEMES = new Set(
  'about blob chrome content data file filesystem ftp intent jar javascript mailto resource sms tel vbscript view-source ws wss'.split(
    ' ',
  ),
)

/**
 * Why a redirect URI cannot be registered, as the second half of a sentence; undefined when it can. Allowed are http and
 * https URLs, and private-use schemes of native applications (RFC 8252 §7.1).
 */
export function redirectUriFault(uri: string): string | undefined {
  if (uri.length > MAX_LENGTH) return `must not be longer than ${MAX_LENGTH} characters`
  if (!URI_CHARACTERS.test(uri)) return 'must be an absolute URI of the characters that RFC 3986 allows'
  if (uri.includes('#')) return 'must not have a fragment'
  if (uri.includes('*')) return 'must not have a wildcard: every redirect URI is compared exactly'
  if (!URL.canParse(uri)) return 'must be an absolute URI'
  const url = new URL(uri)
  const scheme = url.protocol.slice(0, -1)
  if (FORBIDDEN_SCHEMES.has(scheme)) return `must not use the scheme "${scheme}"`
  if (hasDotSegments(uri)) return 'must not have "." or ".." as a path segment'
  return scheme === 'http' || scheme === 'https'
    ? webFault(uri, url)
    : authorityOf(uri).includes('@')
      ? USERINFO
      : undefined
}

const USERINFO = 'must not have user information'

function webFault(uri: string, url: URL): string | undefined {
  const authority = authorityOf(uri)
  if (authority === '') return 'must have a host after "//"'
  if (authority.includes('@')) return USERINFO
  // What the parser rewrites (`0x7f.1`, `2130706433`, `%65xample.com`) is read differently by different software.
  const host = authority.replace(/:\d*$/, '').toLowerCase()
  if (host !== url.hostname) return `must name its host plainly, as "${url.hostname}"`
  return undefined
}

const authorityOf = (uri: string): string => /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(uri)?.[1] ?? ''

function hasDotSegments(uri: string): boolean {
  const path = uri.replace(/^[^:]*:(?:\/\/[^/?#]*)?/, '').replace(/[?#].*$/s, '')
  return path.split('/').some((segment) => /^(?:\.|%2e){1,2}$/i.test(segment))
}

/** RFC 8252 §7.3: `http` on a loopback address; the port is chosen by the application when it starts. */
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?((?:[/?].*)?)$/

/** Whether a request's redirect URI is the registered one: the same string, the port of a loopback address aside. */
export function sameRedirectUri(requested: string, registered: string): boolean {
  if (requested === registered) return true
  const ours = LOOPBACK.exec(registered)
  const theirs = ours && LOOPBACK.exec(requested)
  return Boolean(
    ours &&
      theirs &&
      theirs[1] === ours[1] &&
      theirs[3] === ours[3] &&
      Number(theirs[2] ?? 80) >= 1 &&
      Number(theirs[2] ?? 80) <= 65535,
  )
}
