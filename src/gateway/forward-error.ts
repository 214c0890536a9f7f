import { Problem } from '../core/problem.ts'
import type { UpstreamGroup } from './upstream-group.ts'

/** The upstream did not answer in time. */
export const upstreamTimeout = (cause?: unknown): Problem =>
  new Problem(504, 'upstream_timeout', 'The upstream did not answer in time.', { cause })

/** The client began to send a body, and went on with it no longer. */
export const bodyStopped = (): Problem => new Problem(408, 'request_timeout', 'The body stopped coming.')

/** The upstream's answer cannot be passed on. */
export const badUpstreamAnswer = (cause: unknown): Problem =>
  new Problem(502, 'bad_upstream_answer', 'The upstream gave no valid answer.', { cause })

/** Nobody may be asked now: targets are unwell, or their circuits are open. */
export function upstreamDown({ lanes }: UpstreamGroup): Problem {
  const waits = lanes.map(({ health }) => health.retryAfter()).filter((wait) => wait > 0)
  const seconds = waits.length === 0 ? 5 : Math.ceil(Math.min(...waits) / 1000)
  const headers = { 'Retry-After': String(seconds) }
  return new Problem(503, 'upstream_unavailable', 'The upstream is not available now.', { headers })
}

/** What the client is told of a failure between here and the upstream; the reason itself stays in the log. */
export function asForwardProblem(error: Error & { readonly code?: unknown }): Problem {
  if (error instanceof Problem) return error
  switch (error.code) {
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
    case 'UND_ERR_HEADERS_TIMEOUT':
      return upstreamTimeout(error)
    case 'UND_ERR_INVALID_ARG':
    case 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH':
      return new Problem(400, 'bad_request', 'The request cannot be passed on.', { cause: error })
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
    case 'UND_ERR_HEADERS_OVERFLOW':
    case 'ECONNRESET':
    case 'EPIPE':
      return badUpstreamAnswer(error)
    default:
      return String(error.code).startsWith('HPE_')
        ? badUpstreamAnswer(error)
        : new Problem(502, 'upstream_unreachable', 'The upstream cannot be reached.', { cause: error })
  }
}

/** How undici names a `100 Continue` that was not asked for; whoever says it has the request. */
const UNASKED_CONTINUE = 'bad response'

/** Whether a connection broke before anything was answered, as a kept-alive one does when the upstream has just closed it. */
export function isConnectionLoss(error: Error & { readonly code?: unknown }): boolean {
  if (error.message === UNASKED_CONTINUE) return false
  return error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE'
}
