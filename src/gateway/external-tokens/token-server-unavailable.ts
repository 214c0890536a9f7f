/** The server that issues the tokens did not answer: the caller must say 503, never "invalid". */
export class TokenServerUnavailable extends Error {
  override readonly name = 'TokenServerUnavailable'
}
