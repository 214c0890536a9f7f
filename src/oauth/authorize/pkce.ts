import type { IssuerScheme } from '../../api/api.ts'
import { OAuthError } from '../errors.ts'
import type { Parameters } from '../http.ts'
import type { ClientRecord } from '../records/client.ts'

/** RFC 7636 §4.2: SHA-256 in base64url without padding. */
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/

/** Whether this client must send a challenge to this scheme. */
export function pkceRequired(scheme: IssuerScheme, client: Pick<ClientRecord, 'type'>): boolean {
  const { pkce } = scheme.settings
  return pkce === 'required' || (pkce === 'public' && client.type === 'public')
}

/** RFC 7636 §4.3, RFC 9700 §2.1.1: the S256 challenge of a request. Throws `invalid_request` (§4.4.1). */
export function codeChallengeOf(
  parameters: Parameters,
  scheme: IssuerScheme,
  client: Pick<ClientRecord, 'type'>,
): string | undefined {
  const challenge = parameters.get('code_challenge')
  const method = parameters.get('code_challenge_method')
  if (challenge === undefined) {
    if (method !== undefined) throw new OAuthError('invalid_request', 'The parameter code_challenge is missing.')
    if (pkceRequired(scheme, client)) throw new OAuthError('invalid_request', 'A code_challenge is required.')
    return undefined
  }
  // Without a method the RFC means `plain`, which protects nothing.
  if (method !== 'S256') {
    throw new OAuthError('invalid_request', 'Transform algorithm not supported: code_challenge_method must be S256.')
  }
  if (!S256_CHALLENGE.test(challenge)) {
    throw new OAuthError('invalid_request', 'The code_challenge must be 43 base64url characters.')
  }
  return challenge
}
