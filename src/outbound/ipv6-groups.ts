/** The eight 16-bit groups of an IPv6 address in any of its spellings, dotted tail and zone id included. */
export function ipv6Groups(address: string): readonly number[] {
  const [bare = ''] = address.split('%')
  const [head = '', tail] = withoutDottedTail(bare).split('::')
  const left = groupsOf(head)
  if (tail === undefined) return left
  const right = groupsOf(tail)
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => 0), ...right]
}

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))

/** `::ffff:127.0.0.1` → `::ffff:7f00:1` */
function withoutDottedTail(address: string): string {
  const match = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address)
  if (!match) return address
  const [a = 0, b = 0, c = 0, d = 0] = match.slice(2).map(Number)
  return `${match[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
}
