import type { Call } from './call.ts'
import { Exchange, type ExchangeDeps } from './forward-exchange.ts'
import { addForwarded, type TrustsPeer } from './forwarded.ts'
import { identityHeaders } from './identity.ts'
import { traceparentFor } from './trace.ts'

export interface ForwardDeps extends ExchangeDeps {
  /** Client addresses whose `X-Forwarded-*` and `Forwarded` are believed; none by default. */
  readonly trusts?: TrustsPeer
}

/** Sends a call to its upstream and the upstream's answer to the client, whatever happens to either on the way. */
export function forward(call: Call, deps: ForwardDeps): void {
  const { headers } = call
  addForwarded(call, deps.trusts)
  if (call.principal) headers.push(...identityHeaders(call.principal))
  headers.push('X-Request-Id', call.requestId, 'traceparent', traceparentFor(call.requestId, call.traceparent))
  if (call.bodyLength > 0) headers.push('Content-Length', String(call.bodyLength))
  new Exchange(call, deps).begin()
}
