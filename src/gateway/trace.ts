import type { Random } from '../core/random.ts'

const DIGITS = 32
const POOL_BYTES = 4096

/** Makes request ids: 128 random bits as 32 hexadecimal digits, so that one can serve as a trace id as well. */
export function requestIds(random: Random): () => string {
  let pool = '' // ids are no secrets: many are drawn, and written out, at once
  let used = 0
  return () => {
    if (used === pool.length) {
      pool = random(POOL_BYTES).toString('hex')
      used = 0
    }
    used += DIGITS
    return pool.slice(used - DIGITS, used)
  }
}

/**
 * W3C Trace Context: the client's trace goes on with this hop as the parent; without one, a trace begins that carries the
 * request id. Its last digits are the hop's span id. `traced`: the span is recorded, and those below it should be.
 */
export function traceparentFor(requestId: string, inbound: string | undefined, traced = false): string {
  const span = requestId.slice(16)
  if (inbound === undefined) return `00-${requestId}-${span}-${traced ? '01' : '00'}`
  return `${inbound.slice(0, 36)}${span}${traced ? '-01' : inbound.slice(52)}`
}
