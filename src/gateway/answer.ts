import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { Problem } from '../core/problem.ts'
import { thrownText } from '../core/thrown-text.ts'
import { StoreUnavailable } from '../store/store.ts'
import type { Call } from './call.ts'
import { edited, type HeadEdit } from './head-edit.ts'
import { Denial } from './security/denial.ts'

export interface AnswerDeps {
  readonly clock: Clock
  readonly log: Log
}

/** For how long the rest of a body that nobody wants is read, so that its sender gets to read the answer. */
const LINGER = 5_000

/**
 * Answers with a problem instead of forwarding. Whatever is no `Problem` is a bug or an outage: it is logged with its stack,
 * and the client learns only the id under which it stands in the log. A response that has begun is broken off instead.
 */
export function answerError(
  req: IncomingMessage,
  res: ServerResponse,
  requestId: string,
  error: unknown,
  deps: AnswerDeps,
  edits: readonly HeadEdit[] = [],
): void {
  const problem = asProblem(error)
  if (problem.status >= 500) {
    const fields = { request_id: requestId, code: problem.code, error: describe(error) }
    if (problem.status === 500) deps.log.error(fields, 'request failed')
    else deps.log.warn(fields, 'request not served')
  }
  if (res.headersSent || res.destroyed) {
    res.destroy()
    return
  }
  try {
    writeProblem(res, problem, requestId, edits)
  } catch (failure) {
    answerError(req, res, requestId, failure, deps) // an edit failed: the answer says so, and is not edited
    return
  }
  lingerOn(req, deps.clock)
}

/** The same for a request that has found its operation, whose policies may have a say in the head of every answer. */
export function answerCall(call: Call, error: unknown, deps: AnswerDeps): void {
  answerError(call.req, call.res, call.requestId, error, deps, call.edits)
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof StoreUnavailable) {
    const headers = { 'Retry-After': '1' }
    return new Problem(503, 'temporarily_unavailable', 'The request cannot be decided now.', { headers, cause: error })
  }
  return new Problem(500, 'internal_error', 'Something went wrong here. The error id names it in the log.', {
    cause: error,
  })
}

/** Errors that caused one another and are told of; a plugin can tie them into a circle. */
const CAUSES = 8

/** The stack of what went wrong, and of what caused it. Never goes to a client. */
function describe(error: unknown, causes = CAUSES): string {
  if (!(error instanceof Error)) return thrownText(error)
  const cause = error.cause === undefined || causes === 0 ? '' : `\ncaused by ${describe(error.cause, causes - 1)}`
  return `${error.stack ?? error.message}${cause}`
}

function writeProblem(res: ServerResponse, problem: Problem, requestId: string, edits: readonly HeadEdit[]): void {
  const internal = problem.status === 500 ? { error_id: requestId } : {}
  const body = JSON.stringify({ ...problem.toBody(), ...internal, request_id: requestId })
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    requestId,
    ...Object.entries(problem.headers).flat(),
    ...(problem instanceof Denial ? problem.challenges.flatMap((challenge) => ['WWW-Authenticate', challenge]) : []),
  ]
  res.writeHead(problem.status, edited(problem.status, headers, edits)).end(body)
}

/** Reads and forgets what is left of a request body; closes the connection when it does not end soon. */
export function lingerOn(req: IncomingMessage, clock: Clock): void {
  // One without a body is not yet `complete` when it is answered at once, but closed, and will not say so again.
  if (req.complete || req.closed) return
  const { socket } = req
  const cancel = clock.after(LINGER, () => socket.destroy())
  req.once('close', cancel)
  req.resume()
}
