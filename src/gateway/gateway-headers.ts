import type { Call } from './call.ts'
import { addForwarded, type TrustsPeer } from './forwarded.ts'
import { identityHeaders } from './identity.ts'
import { traceparentFor } from './trace.ts'

/** Adds what the gateway itself tells the upstream of a call: where it comes from, who makes it, what it is called. */
export function addGatewayHeaders(call: Call, trusts: TrustsPeer | undefined): void {
  addForwarded(call, trusts)
  if (call.principal) call.headers.push(...identityHeaders(call.principal))
  const trace = traceparentFor(call.requestId, call.traceparent, call.traced)
  call.headers.push('X-Request-Id', call.requestId, 'traceparent', trace)
}
