/** One spelling of a host, with or without port: lower case, without the dot of the DNS root. */
export function hostKey(host: string): string {
  const lower = host.toLowerCase()
  const port = portOf(lower)
  const name = lower.slice(0, lower.length - port.length)
  return (name.endsWith('.') ? name.slice(0, -1) : name) + port
}

/**
 * The hosts that an API may have named to get a request to `host`, most specific first: with port, without; then
 * wildcards over ever more labels. A wildcard stands for one label or more.
 */
export function hostCandidates(host: string | undefined): string[] {
  if (host === undefined || host === '') return []
  const key = hostKey(host)
  const port = portOf(key)
  const name = key.slice(0, key.length - port.length)
  const names = [name, ...wildcardsOver(name)]
  return port === '' ? names : names.flatMap((candidate) => [candidate + port, candidate])
}

/** With its colon; `''` when there is none. The colons of an IPv6 address stand in brackets. */
function portOf(host: string): string {
  return /:\d*$/.exec(host.slice(host.lastIndexOf(']') + 1))?.[0] ?? ''
}

/** Bounded: a name has 127 labels at most (RFC 1035), and what has more is nobody's. */
const MOST_LABELS = 127

function wildcardsOver(name: string): string[] {
  if (name.startsWith('[')) return []
  const labels = name.split('.')
  if (labels.length > MOST_LABELS) return []
  return labels.slice(1).map((_, index) => `*.${labels.slice(index + 1).join('.')}`)
}
