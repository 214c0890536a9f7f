import type { Call } from './call.ts'
import { Exchange, type ExchangeDeps } from './forward-exchange.ts'
import type { TrustsPeer } from './forwarded.ts'
import { addGatewayHeaders } from './gateway-headers.ts'
import { offeredProtocols, tokenPrefixes } from './websocket-handshake.ts'

export interface ForwardDeps extends ExchangeDeps {
  /** Client addresses whose `X-Forwarded-*` and `Forwarded` are believed; none by default. */
  readonly trusts?: TrustsPeer
}

/** Sends a call to its upstream and the upstream's answer to the client, whatever happens to either on the way. */
export function forward(call: Call, deps: ForwardDeps): void {
  if (call.websocket) {
    deps.webSockets.admit()
    hideTokenProtocols(call)
  }
  addGatewayHeaders(call, deps.trusts)
  if (call.bodyLength > 0) call.headers.push('Content-Length', String(call.bodyLength))
  new Exchange(call, deps).begin()
}

/** A token among the offered subprotocols is for the gateway only. */
function hideTokenProtocols(call: Call): void {
  const prefixes = tokenPrefixes(call.api)
  if (prefixes.length === 0) return
  const offered = offeredProtocols(call.req).filter((name) => !prefixes.some((prefix) => name.startsWith(prefix)))
  const name = (index: number): string | undefined => call.headers[index & ~1]?.toLowerCase()
  call.headers = call.headers.filter((_, index) => name(index) !== 'sec-websocket-protocol')
  if (offered.length > 0) call.headers.push('Sec-WebSocket-Protocol', offered.join(', '))
}
