import type { Api } from '../../api/api.ts'
import type { OAuthError } from '../errors.ts'
import type { ProvenRedirect } from './authorization-request.ts'

/** Where in the redirect URI an answer stands (RFC 6749 §4.1.2, §4.2.2). */
export type AnswerPlace = 'query' | 'fragment'

/**
 * A URL with parameters added to its query or as its fragment; what the URL has already stays as it is (RFC 6749 §3.1.2).
 * Works on the text, so that a login page with a placeholder as its host is kept too.
 */
export function withParameters(
  url: string,
  parameters: readonly (readonly [string, string | undefined])[],
  place: AnswerPlace = 'query',
): string {
  const given = parameters.filter((entry): entry is readonly [string, string] => entry[1] !== undefined)
  const text = new URLSearchParams(given.map(([name, value]) => [name, value])).toString()
  const [base = '', fragment] = url.split('#', 2)
  if (place === 'fragment') return `${base}#${text}`
  const joint = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&'
  return `${base}${joint}${text}${fragment === undefined ? '' : `#${fragment}`}`
}

/** RFC 6749 §4.1.2.1, RFC 9207 §2: the client's URL with the error, its state and the issuer. */
export function errorRedirect(
  error: OAuthError,
  proven: Pick<ProvenRedirect, 'redirectUri'>,
  state: string | undefined,
  api: Pick<Api, 'issuer'>,
  place: AnswerPlace,
): string {
  const entries = [
    ['error', error.code],
    ['error_description', error.description],
    ['state', state],
    ['iss', api.issuer],
  ] as const
  return withParameters(proven.redirectUri, entries, place)
}
