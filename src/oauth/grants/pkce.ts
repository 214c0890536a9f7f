import { equalSecrets, sha256 } from '../../core/digest.ts'
import { OAuthError } from '../errors.ts'

/** RFC 7636 §4.1. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

/** Throws `invalid_request` for a code verifier that cannot be one. */
export function checkVerifierSyntax(verifier: string | undefined): void {
  if (verifier === undefined || VERIFIER.test(verifier)) return
  throw new OAuthError('invalid_request', 'The code_verifier is malformed.')
}

/**
 * Whether a verifier answers the challenge (RFC 7636 §4.6, S256 only). Refuses a downgrade both ways (RFC 9700 §4.8.2):
 * a challenge without verifier, and a verifier without challenge. A code that needed a challenge and lost it fails.
 */
export function answersChallenge(
  verifier: string | undefined,
  code: { readonly codeChallenge?: string; readonly pkceRequired: boolean },
): boolean {
  if (code.codeChallenge === undefined) return verifier === undefined && !code.pkceRequired
  return verifier !== undefined && equalSecrets(sha256(verifier), code.codeChallenge)
}
