import type { Socket } from 'node:net'
import type { Call } from './call.ts'

/** What one client connection says of where its requests come from. */
interface Peer {
  readonly address: string
  readonly proto: 'http' | 'https'
  readonly trusted: boolean
  /** `for=…;proto=…` of RFC 7239. */
  readonly node: string
}

const peers = new WeakMap<Socket, Peer>()

/** Decides which client addresses may say on whose behalf they call. */
export type TrustsPeer = (address: string) => boolean

/**
 * Adds `X-Forwarded-For`, `-Proto`, `-Host` and `Forwarded` (RFC 7239). What the client said of them itself is kept, and
 * appended to, only when its address is trusted; otherwise it is gone.
 */
export function addForwarded(call: Call, trusts: TrustsPeer | undefined): void {
  const peer = peerOf(call.req.socket, trusts)
  const host = hostOf(call)
  const said = saidBy(peer, call)
  call.headers.push(
    'X-Forwarded-For',
    said.length === 0 ? peer.address : before(said, 'x-forwarded-for') + peer.address,
    'X-Forwarded-Proto',
    kept(said, 'x-forwarded-proto', peer.proto),
    'X-Forwarded-Host',
    kept(said, 'x-forwarded-host', host),
    'Forwarded',
    `${said.length === 0 ? '' : before(said, 'forwarded')}${peer.node};host="${host}"`,
  )
}

/** Scheme and host that were called, by all the headers above: what an upstream makes of them stands in its answer. */
export function calledAt(call: Call, trusts: TrustsPeer | undefined): string {
  const peer = peerOf(call.req.socket, trusts)
  const host = hostOf(call)
  const said = saidBy(peer, call)
  const own = `${host} ${kept(said, 'x-forwarded-proto', peer.proto)}://${kept(said, 'x-forwarded-host', host)}`
  const further = said.length === 0 ? null : before(said, 'forwarded').match(/\b(?:host|proto)="?[^",;]*/gi)
  return `${own} ${further?.join() ?? ''}`.toLowerCase()
}

const hostOf = (call: Call): string => call.target.authority ?? call.req.headers.host ?? ''

const saidBy = (peer: Peer, call: Call): readonly string[] => (peer.trusted ? call.forwardedBy : [])

/** What was said under a name, each with a comma behind it. */
function before(said: readonly string[], name: string): string {
  let joined = ''
  for (let index = 0; index < said.length; index += 2) {
    if (said[index]?.toLowerCase() === name) joined += `${said[index + 1]}, `
  }
  return joined
}

const kept = (said: readonly string[], name: string, own: string): string =>
  said.length === 0 ? own : before(said, name).slice(0, -2) || own

/** Where a connection comes from. IPv4 in IPv6 is IPv4; no zone. */
export function peerAddress({ remoteAddress = 'unknown' }: Socket): string {
  return remoteAddress.includes(':') ? remoteAddress.replace(/^::ffff:(?=\d+\.)|%.*$/g, '') : remoteAddress
}

function peerOf(socket: Socket, trusts: TrustsPeer | undefined): Peer {
  const known = peers.get(socket)
  if (known) return known
  const address = peerAddress(socket)
  const proto = 'encrypted' in socket ? 'https' : 'http'
  const node = `for=${address.includes(':') ? `"[${address}]"` : address};proto=${proto}`
  const peer = { address, proto, trusted: trusts?.(address) ?? false, node } as const
  peers.set(socket, peer)
  return peer
}
