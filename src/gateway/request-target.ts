/** The request target of a request line, taken apart without changing a byte. */
export interface RequestTarget {
  /** Begins with a slash; percent-encoded as it came. */
  readonly path: string
  /** With its question mark; `''` when there is none. */
  readonly query: string
  /** Authority of an absolute-form target (RFC 9112 §3.2.2): it counts, not `Host`. */
  readonly authority?: string
}

const ABSOLUTE = /^https?:\/\/([^/?#]+)(.*)$/is
const BAD_ESCAPE = /%(?![0-9A-Fa-f]{2})/

/**
 * RFC 9112 §3.2: origin-form or absolute-form. Undefined for everything else, for a fragment, for an escape that is none,
 * and for a path with dot segments however they are spelled: a client that means well has resolved them (RFC 3986 §5.2.4),
 * and a path that the upstream resolves differently would be another one than the one that was authorized.
 */
export function parseRequestTarget(text: string): RequestTarget | undefined {
  if (text.charCodeAt(0) === 47 /* / */) return originForm(text)
  const absolute = ABSOLUTE.exec(text)
  if (!absolute) return undefined
  const [, authority = '', rest = ''] = absolute
  const target = originForm(rest.startsWith('/') ? rest : `/${rest}`)
  return target && { ...target, authority }
}

function originForm(text: string): RequestTarget | undefined {
  if (text.includes('#')) return undefined
  const question = text.indexOf('?')
  const path = question === -1 ? text : text.slice(0, question)
  if (path.includes('%')) {
    if (BAD_ESCAPE.test(path) || hasDotSegment(path)) return undefined
  } else if (path.includes('/.') || path.includes('\\')) {
    if (hasDotSegment(path)) return undefined
  }
  return { path, query: question === -1 ? '' : text.slice(question) }
}

/**
 * Whether some upstream could read a `.` or `..` segment out of the path: after decoding once, with a backslash or an
 * encoded slash as separator, or with path parameters (`..;x`) cut off.
 */
function hasDotSegment(path: string): boolean {
  const decoded = path.replace(/%(2e|2f|5c|3b)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return decoded.split(/[/\\]/).some((segment) => /^\.\.?(?:;.*)?$/.test(segment))
}
