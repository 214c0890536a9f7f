/**
 * The one guarded client for calls to others: webhooks, password verifiers, token servers, key sets.
 * It resolves a host once, checks every address, connects to the checked address only, follows no redirect,
 * and bounds time and size.
 */
export interface Outbound {
  /** Throws `OutboundError` when there is no answer; any HTTP status is an answer. */
  request(request: OutboundRequest): Promise<OutboundResponse>
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST'
  /** Absolute http or https URL. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds for the whole call. */
  readonly timeout: number
  /** Bytes of the answer that are read; more are discarded and `truncated` is set. */
  readonly maxBytes: number
  /**
   * Who chose the URL. `operator`: stands in a document; loopback and private addresses are allowed unless the gateway
   * denies them. `stranger`: came from a client; public addresses only. Link-local ones are never called.
   */
  readonly chosenBy: 'operator' | 'stranger'
  /** Further attempts at connection errors and 5xx, for calls that may be repeated. Default 0. */
  readonly retries?: number
}

export interface OutboundResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly truncated: boolean
}

export type OutboundErrorCode = 'refused_address' | 'unresolvable' | 'connection' | 'tls' | 'timeout' | 'bad_url'

export class OutboundError extends Error {
  override readonly name = 'OutboundError'
  readonly code: OutboundErrorCode

  constructor(code: OutboundErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
