import type { Clock } from '../core/clock.ts'
import { type Outbound, OutboundError, type OutboundResponse } from '../outbound/outbound.ts'
import type { Attempt, Delivery } from './delivery.ts'
import type { Endpoint } from './endpoint.ts'
import { readableAnswer } from './readable-answer.ts'
import { retryAfter } from './retry-after.ts'
import type { Sealing } from './sealing.ts'
import { signedHeaders } from './sign.ts'

/** Bytes of an answer that are read. */
const ANSWER_BYTES = 16_384
/** Answers that ask the sender to slow down. */
const OVERLOADED: ReadonlySet<number> = new Set([429, 503])

export interface Tried {
  readonly attempt: Attempt
  readonly verdict: 'delivered' | 'failed' | 'gone'
  /** Milliseconds that the receiver asked to wait. */
  readonly retryAfter?: number
  /** Whether that holds for everything that is sent there. */
  readonly overloaded: boolean
}

export interface AttemptDeps {
  readonly outbound: Outbound
  readonly clock: Clock
  readonly sealing: Sealing
  /** Milliseconds for one attempt, from the first byte to the end of the answer. */
  readonly attemptDeadline: number
}

/** Sends a delivery once, signed now by `secrets` and the endpoint's key. Never throws for what the receiver does. */
export async function attemptDelivery(
  deps: AttemptDeps,
  endpoint: Endpoint,
  secrets: readonly string[],
  delivery: Delivery,
  body: string,
): Promise<Tried> {
  const at = deps.clock.now()
  const elapsed = (): number => Math.max(0, deps.clock.now() - at)
  try {
    const response = await deps.outbound.request({
      method: 'POST',
      url: endpoint.url,
      headers: headersOf(endpoint, secrets, delivery.id, at, body),
      body,
      timeout: deps.attemptDeadline,
      maxBytes: ANSWER_BYTES,
      chosenBy: 'operator',
    })
    const answer = readableAnswer(response.body, body)
    const sealed = answer === '' ? {} : { answer: deps.sealing.seal(delivery, answer) }
    const wait = retryAfter(response.headers['retry-after'], deps.clock.now())
    return {
      attempt: { at, duration: elapsed(), status: response.status, ...sealed },
      verdict: verdictOf(response),
      ...(wait === undefined ? {} : { retryAfter: wait }),
      overloaded: OVERLOADED.has(response.status),
    }
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error
    return { attempt: { at, duration: elapsed(), error: error.code }, verdict: 'failed', overloaded: false }
  }
}

function headersOf(endpoint: Endpoint, secrets: readonly string[], id: string, at: number, body: string) {
  const key = endpoint.signingKey ? { key: endpoint.signingKey } : {}
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...signedHeaders(id, at, body, { secrets, ...key }),
  }
  if (endpoint.sendSharedSecret && endpoint.secret) {
    headers['x-gateway-shared-secret'] = endpoint.secret.reveal()
    headers['x-tyk-shared-secret'] = endpoint.secret.reveal()
  }
  return headers
}

/** Any 2xx is success; 410 says that nobody will ever listen there again; all else, redirects too, is a failure. */
function verdictOf({ status }: OutboundResponse): Tried['verdict'] {
  if (status >= 200 && status < 300) return 'delivered'
  return status === 410 ? 'gone' : 'failed'
}
