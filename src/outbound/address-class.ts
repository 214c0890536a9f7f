import { BlockList, isIPv4 } from 'node:net'
import { ipv6Groups } from './ipv6-groups.ts'

/**
 * What an address is, as far as calling it matters. `public`: anyone's. `private`: loopback and private networks, for
 * URLs that an operator wrote. `never`: link-local and cloud metadata, multicast, reserved, documentation, unspecified.
 */
export type AddressClass = 'public' | 'private' | 'never'

type Range = readonly [address: string, prefix: number]

// IANA IPv4 Special-Purpose Address Registry (RFC 6890), and the metadata services outside 169.254.0.0/16.
const NEVER_V4: readonly Range[] = [
  ['0.0.0.0', 8],
  ['100.100.100.200', 32], // Alibaba Cloud metadata
  ['168.63.129.16', 32], // Azure host
  ['169.254.0.0', 16],
  ['192.0.0.0', 24], // holds 192.0.0.192, Oracle Cloud metadata
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.175.48.0', 24],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]
const PRIVATE_V4: readonly Range[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
]
// IANA IPv6 Special-Purpose Address Registry; what embeds an IPv4 address is judged by that one.
const NEVER_V6: readonly Range[] = [
  ['2001::', 23], // Teredo, ORCHID, benchmarking
  ['2001:db8::', 32],
  ['2620:4f:8000::', 48],
  ['3fff::', 20],
  ['fd00:ec2::254', 128], // AWS metadata
  ['fd20:ce::254', 128], // Google Cloud metadata
]

const neverV4 = blockList(NEVER_V4, 'ipv4')
const privateV4 = blockList(PRIVATE_V4, 'ipv4')
const neverV6 = blockList(NEVER_V6, 'ipv6')
const privateV6 = blockList([['fc00::', 7]], 'ipv6')
const globalV6 = blockList([['2000::', 3]], 'ipv6')

/** The class of an IPv4 or IPv6 address in text form. Anything that is neither is `never`. */
export function addressClass(address: string): AddressClass {
  if (isIPv4(address)) return classOfV4(address)
  const groups = ipv6Groups(address)
  if (groups.length !== 8 || groups.some(Number.isNaN)) return 'never'
  return classOfV6(groups)
}

function classOfV4(address: string): AddressClass {
  if (neverV4.check(address)) return 'never'
  return privateV4.check(address) ? 'private' : 'public'
}

function classOfV6(groups: readonly number[]): AddressClass {
  const text = groups.map((group) => group.toString(16)).join(':')
  if (text === '0:0:0:0:0:0:0:1') return 'private'
  const embedded = embeddedV4(groups)
  if (embedded !== undefined) return classOfV4(embedded)
  if (neverV6.check(text, 'ipv6')) return 'never'
  if (privateV6.check(text, 'ipv6')) return 'private'
  return globalV6.check(text, 'ipv6') ? 'public' : 'never'
}

/** The IPv4 address that a mapped (RFC 4291), NAT64 (RFC 6052) or 6to4 (RFC 3056) address leads to. */
function embeddedV4(groups: readonly number[]): string | undefined {
  const prefix = groups.slice(0, 6).join(':')
  if (prefix === '0:0:0:0:0:65535' || prefix === '100:65435:0:0:0:0') return dotted(groups[6], groups[7])
  return groups[0] === 0x2002 ? dotted(groups[1], groups[2]) : undefined
}

const dotted = (high = 0, low = 0): string => [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')

function blockList(ranges: readonly Range[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, family)
  return list
}
