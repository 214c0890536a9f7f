import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { peerAddress, type TrustsPeer } from './forwarded.ts'
import { HEADER, headerClass } from './header-class.ts'

/** What tells where a request comes from; a call does. */
export interface Origin {
  readonly req: { readonly socket: Socket }
  /** Headers of class `forwarded`, flat. */
  readonly forwardedBy: readonly string[]
}

/** The same of a request that is no call. */
export function originOf(req: IncomingMessage): Origin {
  const isForwarded = (index: number): boolean => headerClass(req.rawHeaders[index & ~1] ?? '') === HEADER.forwarded
  return { req, forwardedBy: req.rawHeaders.filter((_, index) => isForwarded(index)) }
}

/**
 * The address that a request comes from: that of the connection, or, as far as trusted proxies tell of the way before
 * them, the nearest one that is not a trusted proxy itself. What stands further away is anybody's invention.
 * IPv4 in IPv6 is IPv4; no zone.
 */
export function clientAddress({ req, forwardedBy }: Origin, trusts: TrustsPeer | undefined): string {
  let address = peerAddress(req.socket)
  if (!trusts || forwardedBy.length === 0 || !trusts(address)) return address
  for (const hop of hopsOf(forwardedBy).toReversed()) {
    if (isIP(hop) === 0) return address
    address = hop
    if (!trusts(hop)) return address
  }
  return address
}

/** Addresses by `X-Forwarded-For`, or where there is none by `Forwarded` (RFC 7239 §5.2), from the client on. */
function hopsOf(forwardedBy: readonly string[]): string[] {
  const said = (name: string): string[] =>
    forwardedBy.filter((_, index) => index % 2 === 1 && forwardedBy[index - 1]?.toLowerCase() === name)
  const plain = said('x-forwarded-for').flatMap((value) => value.split(','))
  const hops = plain.length > 0 ? plain : said('forwarded').flatMap((value) => value.split(',').map(forOf))
  return hops.map(bareAddress)
}

const forOf = (element: string): string => /(?:^|;)\s*for=("?)([^;"]*)\1/i.exec(element)?.[2] ?? ''

/** Without port, brackets and the prefix of IPv4 in IPv6. */
function bareAddress(text: string): string {
  const trimmed = text.trim()
  const bracketed = /^\[([^\]]*)\]/.exec(trimmed)?.[1]
  const address = bracketed ?? trimmed.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
