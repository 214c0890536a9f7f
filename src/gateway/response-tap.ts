/** Hears an answer of the upstream on its way to the client. Must not throw, and keeps no head that it is given. */
export interface ResponseTap {
  /** Headers as they come from the upstream, without what is hop by hop; flat. */
  head(status: number, headers: readonly string[]): void
  piece(chunk: Buffer): void
  /** The answer has come whole. Not called when it breaks off. */
  end(): void
}
