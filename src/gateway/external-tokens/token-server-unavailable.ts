/** The server that issues the tokens did not answer: the caller must say 503, never "invalid". */
export class TokenServerUnavailable extends Error {
  override readonly name = 'TokenServerUnavailable'
  /** Whether the server answered, but would not deal with this one request: that says nothing of other tokens. */
  readonly isOfOneToken: boolean

  constructor(message: string, isOfOneToken = false) {
    super(message)
    this.isOfOneToken = isOfOneToken
  }
}
