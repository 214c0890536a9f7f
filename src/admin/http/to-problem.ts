import type { Log } from '../../core/log.ts'
import { Problem } from '../../core/problem.ts'
import { type Random, randomId } from '../../core/random.ts'
import { OAuthError } from '../../oauth/errors.ts'
import { PasswordsBusy } from '../../oauth/passwords/passwords.ts'
import { StoreUnavailable } from '../../store/store.ts'

/** What the caller is told of an error: what we meant to say, or an id under which the log tells the rest. */
export function toProblem(error: unknown, log: Log, random: Random): Problem {
  if (error instanceof Problem) return error
  if (error instanceof OAuthError) {
    return new Problem(error.status, error.code, error.description, { headers: error.headers, cause: error })
  }
  if (error instanceof StoreUnavailable) {
    log.error({ err: error }, 'the store does not answer')
    return unavailable('store_unavailable', 'The store does not answer.', error)
  }
  if (error instanceof PasswordsBusy) return unavailable('busy', 'Too many passwords are being hashed.', error)
  const known = bodyProblem(error)
  if (known) return known
  const id = randomId(random)
  log.error({ err: error, errorId: id }, 'admin call failed')
  return new Problem(500, 'internal_error', 'Something went wrong here.', { members: { error_id: id }, cause: error })
}

const unavailable = (code: string, detail: string, cause: unknown): Problem =>
  new Problem(503, code, detail, { headers: { 'retry-after': '5' }, cause })

/** Errors of the body reader and of Koa, which carry a status below 500 when the request is to blame. */
function bodyProblem(error: unknown): Problem | undefined {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined
  if (status === 413) return new Problem(413, 'body_too_large', 'The body is too large.', { cause: error })
  if (status === 415)
    return new Problem(415, 'unsupported_media_type', 'The body has an unknown encoding.', { cause: error })
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new Problem(400, 'malformed_request', 'The request is malformed.', { cause: error })
  }
  return undefined
}
