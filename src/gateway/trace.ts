import type { Random } from '../core/random.ts'

/** A new request id: 128 random bits as 32 hexadecimal digits, so that it can serve as a trace id as well. */
export function newRequestId(random: Random): string {
  return random(16).toString('hex')
}

/**
 * W3C Trace Context: the client's trace goes on with this hop as the parent; without one, a trace begins that carries the
 * request id. Its last digits are the hop's span id.
 */
export function traceparentFor(requestId: string, inbound: string | undefined): string {
  const span = requestId.slice(16)
  return inbound === undefined ? `00-${requestId}-${span}-00` : `${inbound.slice(0, 36)}${span}${inbound.slice(52)}`
}
