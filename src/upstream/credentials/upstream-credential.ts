/** What the gateway shows an upstream to be let in: the value of one header. */
export interface UpstreamCredential {
  /** As it is sent. What a client sends under this name is not passed on. */
  readonly header: string
  /** The value, when it is known here and good. Undefined: ask `obtain`. */
  peek(): string | undefined
  /** Many callers cause one request. Throws a `Problem` 502 when the value cannot be had. */
  obtain(): Promise<string>
  /**
   * The upstream answered `status` to `value`. True: that was a refusal, and another value may be had, so that asking once
   * more makes sense.
   */
  refused(value: string, status: number): boolean
}

/** A value that never changes. */
export function fixedCredential(header: string, value: string): UpstreamCredential {
  return { header, peek: () => value, obtain: () => Promise.resolve(value), refused: () => false }
}
