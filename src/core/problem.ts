/** An answer that we mean to give: RFC 9457 problem details. Whatever else is thrown is a bug or an outage. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** HTTP status, 400–599. */
  readonly status: number
  /** Stable, literal and lower-case, such as `not_found`; the `type` of the answer derives from it. */
  readonly code: string
  /** Headers that belong to the answer, such as `Retry-After` or `Allow`. */
  readonly headers: Readonly<Record<string, string>>
  /** Further members of the answer, such as `diagnostics`. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    status: number,
    code: string,
    detail: string,
    options: {
      readonly headers?: Readonly<Record<string, string>>
      readonly members?: Readonly<Record<string, unknown>>
      readonly cause?: unknown
    } = {},
  ) {
    super(detail, { cause: options.cause })
    this.status = status
    this.code = code
    this.headers = options.headers ?? {}
    this.members = options.members ?? {}
  }

  /** The body of the answer, `application/problem+json`. */
  toBody(): Record<string, unknown> {
    return {
      type: `urn:gatehouse:problem:${this.code}`,
      title: this.code.replaceAll('_', ' '),
      status: this.status,
      detail: this.message,
      ...this.members,
    }
  }
}
