import { isIPv6 } from 'node:net'
import { ipv6Groups } from './ipv6-groups.ts'

/**
 * What is counted of an address: of IPv6 its network of 64 bits, because whoever has one address there has all of them
 * (RFC 4291 §2.5.1). Anything else, IPv4 in IPv6 included, stays as it is.
 */
export function callerNetwork(address: string): string {
  if (!isIPv6(address)) return address
  const groups = ipv6Groups(address)
  const isMapped = groups.slice(0, 6).join(':') === '0:0:0:0:0:65535'
  return isMapped
    ? address
    : `${groups
        .slice(0, 4)
        .map((group) => group.toString(16))
        .join(':')}::/64`
}
