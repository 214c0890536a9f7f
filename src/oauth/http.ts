/**
 * Requests and answers of the authorization server's endpoints as plain data: an endpoint is a function from one to the
 * other, so it can be read, tested and mounted without any web framework. `koa-app.ts` translates.
 */
export interface OAuthRequest {
  /** Upper case. */
  readonly method: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly query: Parameters
  /** Form or JSON body, already read within its limit; undefined when the request has none. */
  readonly body: Parameters | undefined
  /** Address of the peer, for limits and the log. */
  readonly address: string
  /** Hears which client it is, once that is proven; for counting. */
  readonly identified?: (clientId: string) => void
}

export interface OAuthResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Empty when absent. `Content-Type` stands in the headers. */
  readonly body?: string
}

/** The parameters of a query or a body. RFC 6749 §3.1: one sent without a value counts as omitted. */
export interface Parameters {
  /** The value; undefined when omitted, empty, or sent more than once (then it stands in `repeated`). */
  get(name: string): string | undefined
  /** Every value of a parameter that may be repeated (RFC 8707 §2 `resource`). */
  all(name: string): readonly string[]
  /** Names of parameters that were sent more than once. */
  readonly repeated: ReadonlySet<string>
  /** Everything as it was sent, in its order. */
  readonly entries: readonly (readonly [string, string])[]
}

/** Wraps name/value pairs, in the order in which they were sent. */
export function parametersOf(entries: readonly (readonly [string, string])[]): Parameters {
  const values = new Map<string, string>()
  const repeated = new Set<string>()
  for (const [name, value] of entries) {
    if (values.has(name)) repeated.add(name)
    else values.set(name, value)
  }
  return {
    get: (name) => (repeated.has(name) ? undefined : values.get(name) || undefined),
    all: (name) => entries.flatMap(([other, value]) => (other === name && value !== '' ? [value] : [])),
    repeated,
    entries,
  }
}

/** `application/x-www-form-urlencoded` text, of a query or of a body. Never throws: what is malformed is taken as it stands. */
export function parseForm(text: string): Parameters {
  return parametersOf([...new URLSearchParams(text)])
}

export const NO_PARAMETERS: Parameters = parametersOf([])

/** Headers of every answer that carries, or may carry, credentials (RFC 6749 §5.1). */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' } as const

/** A JSON answer that nobody may keep. */
export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): OAuthResponse {
  return {
    status,
    headers: { 'content-type': 'application/json', ...NO_STORE, 'x-content-type-options': 'nosniff', ...headers },
    body: JSON.stringify(body),
  }
}
