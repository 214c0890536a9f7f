import { belowPath } from '../below-path.ts'

/** Where a flow's URL leads. */
export type FlowUrl =
  /** Below the listen path: the gateway mounts it. Without trailing slash. */
  | { readonly kind: 'own'; readonly path: string }
  /** Another server's. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'malformed'; readonly why: string }
  /** The listen path itself. */
  | { readonly kind: 'root' }

/**
 * Reads `authorizationUrl`, `tokenUrl` or `refreshUrl`. `issuer` is public URL + listen path without trailing slash.
 * A relative URL lies below the listen path, with or without leading slash; an absolute one below the issuer is read as
 * relative; every other absolute URL is another server's, and the gateway never answers in its name.
 */
export function readFlowUrl(text: string, issuer: string): FlowUrl {
  if (/^(?:[a-z][a-z0-9+.-]*:|[/\\]{2})/i.test(text)) return readAbsolute(text, issuer)
  return mounted(text)
}

function readAbsolute(text: string, issuer: string): FlowUrl {
  if (!URL.canParse(text)) return { kind: 'foreign' }
  const url = new URL(text)
  const own = new URL(issuer)
  if (url.origin !== own.origin || url.origin === 'null') return { kind: 'foreign' }
  const base = own.pathname.replace(/\/$/, '')
  // The parser has resolved dot segments, so `…/pets/../x` does not lie below `…/pets`.
  if (url.pathname !== base && !url.pathname.startsWith(`${base}/`)) return { kind: 'foreign' }
  return mounted(url.pathname.slice(base.length) + url.search + url.hash)
}

function mounted(text: string): FlowUrl {
  const below = belowPath(text)
  if ('wrong' in below) return { kind: 'malformed', why: below.wrong }
  return below.path === '' ? { kind: 'root' } : { kind: 'own', path: below.path }
}
