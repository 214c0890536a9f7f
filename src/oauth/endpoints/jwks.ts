import type { OAuthRequest, OAuthResponse } from '../http.ts'
import type { OAuthServices } from '../services.ts'
import { publicJwk } from '../signing/es256-key.ts'
import { answerMetadata, publicDocument } from './metadata.ts'

/**
 * RFC 7517 §5: the keys that sign access tokens, those that will, and those that did while their tokens may live. A key is
 * announced long before it signs, so whoever reads the set once a day always has the key of a token.
 */
export async function jwksEndpoint(
  request: Pick<OAuthRequest, 'method'>,
  { signing }: Pick<OAuthServices, 'signing'>,
): Promise<OAuthResponse> {
  const { keys } = await signing.ring()
  return answerMetadata(request, publicDocument({ keys: keys.map(publicJwk) }))
}
