/** Error codes of the OAuth endpoints and the status each is answered with (RFC 6749 §5.2 unless noted). */
const STATUS = {
  invalid_request: 400,
  // §5.2 allows 400 when no Authorization header was used; 401 always tells a client the same thing.
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_scope: 400,
  // RFC 6749 §4.1.2.1
  access_denied: 403,
  unsupported_response_type: 400,
  server_error: 500,
  temporarily_unavailable: 503,
  // RFC 9101 §7, OpenID Connect Core §3.1.2.6
  request_not_supported: 400,
  request_uri_not_supported: 400,
  registration_not_supported: 400,
  // RFC 8707 §2
  invalid_target: 400,
  // of the login page that is trusted by its provision key
  invalid_provision_key: 400,
  invalid_authenticated_userid: 400,
  // RFC 7009 §2.2.1
  unsupported_token_type: 400,
} as const satisfies Record<string, number>

export type OAuthErrorCode = keyof typeof STATUS

export interface OAuthErrorDetail {
  /** Instead of the code's own status: 405, 413, 415, 429. */
  readonly status?: number
  /** Headers that belong to the answer: `Allow`, `Retry-After`, `WWW-Authenticate`. */
  readonly headers?: Readonly<Record<string, string>>
  /** For the log only: what really happened. Never a credential. */
  readonly reason?: string
  readonly cause?: unknown
}

/**
 * An answer that an OAuth endpoint means to give. The description goes to the client: a fixed text of ours, never
 * anything that was sent to us (RFC 6749 §5.2 allows only %x20-21, %x23-5B, %x5D-7E there).
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError'
  readonly code: OAuthErrorCode
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly reason: string | undefined

  constructor(code: OAuthErrorCode, description: string, detail: OAuthErrorDetail = {}) {
    super(description, { cause: detail.cause })
    this.code = code
    this.status = detail.status ?? STATUS[code]
    this.headers = detail.headers ?? {}
    this.reason = detail.reason
  }

  /** The text for the client. */
  get description(): string {
    return this.message
  }

  /** RFC 6749 §5.2: members of the JSON answer, or of the query of an error redirect. */
  toBody(): { readonly error: OAuthErrorCode; readonly error_description: string } {
    return { error: this.code, error_description: this.message }
  }
}
