/** `*`, an origin, or an origin whose host begins with `*.`; an opaque origin (`null`) is nobody's and never allowed. */
export const ORIGIN_PATTERN = /^(?:\*|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?[^\s/*?#@]+)$/i

/** Whether an `Origin` is one of those listed. Compared as browsers serialize origins: lower case, no default port. */
export function corsOrigins(listed: readonly string[]): (origin: string) => boolean {
  const exact = new Set<string>()
  const below: { readonly scheme: string; readonly suffix: string }[] = []
  for (const entry of listed.map(serialized)) {
    const [scheme = '', host] = entry.split('://*')
    if (host === undefined) exact.add(entry)
    else below.push({ scheme: `${scheme}://`, suffix: host })
  }
  return (origin) => exact.has(origin) || below.some(({ scheme, suffix }) => isBelow(origin, scheme, suffix))
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' }

function serialized(entry: string): string {
  const lower = entry.toLowerCase()
  const port = DEFAULT_PORTS[lower.split(':', 1)[0] ?? '']
  return port !== undefined && lower.endsWith(`:${port}`) ? lower.slice(0, -port.length - 1) : lower
}

/** `suffix` begins with a dot; what stands before it must be labels of a host name and nothing else. */
function isBelow(origin: string, scheme: string, suffix: string): boolean {
  if (!origin.startsWith(scheme) || !origin.endsWith(suffix)) return false
  return /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(origin.slice(scheme.length, origin.length - suffix.length))
}
