import { randomId } from '../core/random.ts'
import { StoreUnavailable } from '../store/store.ts'
import { OAuthError } from './errors.ts'
import { jsonAnswer, type OAuthResponse } from './http.ts'
import { PasswordsBusy } from './passwords/passwords.ts'
import type { OAuthServices } from './services.ts'

type AnswerServices = Pick<OAuthServices, 'log' | 'random' | 'observer'>

/** An answer with credentials is neither framed nor sniffed, whatever stands in it. */
const SECURITY_HEADERS = { 'x-frame-options': 'DENY', 'x-xss-protection': '1; mode=block', expires: '0' } as const

/** A JSON answer of the back channel (RFC 6749 §5.1). */
export function backChannelAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OAuthResponse {
  return jsonAnswer(status, body, { ...SECURITY_HEADERS, ...headers })
}

/**
 * What a client is told of an error (RFC 6749 §5.2): our own errors as they are, an outage as 503, a bug as 500 with an
 * id under which the log has the rest. `api`: the id, for counting.
 */
export function errorAnswer(error: unknown, services: AnswerServices, api = ''): OAuthResponse {
  const shown = error instanceof OAuthError ? error : (outage(error) ?? bug(error, services))
  if (shown.reason !== undefined)
    services.log.warn({ error: shown.code, reason: shown.reason }, 'a request was refused')
  services.observer?.refused(api, shown.code)
  return backChannelAnswer(shown.status, shown.toBody(), shown.headers)
}

function outage(error: unknown): OAuthError | undefined {
  const tryAgain = { headers: { 'retry-after': '1' } }
  if (error instanceof StoreUnavailable) {
    return new OAuthError('temporarily_unavailable', 'Try again in a moment.', {
      ...tryAgain,
      reason: `the store does not answer: ${error.message}`,
    })
  }
  if (error instanceof PasswordsBusy) {
    return new OAuthError('temporarily_unavailable', 'Try again in a moment.', { ...tryAgain, reason: error.message })
  }
  return undefined
}

function bug(error: unknown, { log, random }: AnswerServices): OAuthError {
  const id = randomId(random)
  log.error({ err: error, errorId: id }, 'an OAuth endpoint failed')
  return new OAuthError('server_error', `Something went wrong. Error id: ${id}`)
}
