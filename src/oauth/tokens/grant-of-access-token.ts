import type { SigningKeys } from '../signing/signing-keys.ts'
import { looksLikeJwt } from './jwt-access-token.ts'
import { readToken } from './token-format.ts'

/**
 * The grant id in an access token of either format, read without asking the store about the token; undefined for a text
 * that this gateway never made. Throws `StoreUnavailable` when the signing keys cannot be known.
 */
export async function grantOfAccessToken(
  token: string,
  signing: Pick<SigningKeys, 'grantOf'>,
): Promise<string | undefined> {
  return looksLikeJwt(token) ? signing.grantOf(token) : readToken('access', token)
}
