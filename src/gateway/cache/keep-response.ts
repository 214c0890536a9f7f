import type { Clock, Instant } from '../../core/clock.ts'
import { removeHeaders } from '../header-list.ts'
import type { ResponseTap } from '../response-tap.ts'
import type { StoredResponse } from './response-cache.ts'
import { type StoringSettings, storing } from './storing.ts'

export interface KeepOptions {
  readonly settings: StoringSettings
  /** Bytes of a body at most. */
  readonly maxBody: number
  readonly clock: Clock
  /** When the request was sent. */
  readonly asked: Instant
  /** Takes the answer when it is complete. */
  readonly put: (response: StoredResponse) => void
}

/** Headers that belong to one exchange, or that are said anew. */
const OWN = new Set(['content-length', 'x-request-id', 'age', 'cache-status', 'connection', 'keep-alive'])

function keptHeaders(headers: readonly string[]): string[] {
  const kept = [...headers]
  removeHeaders(kept, (name) => OWN.has(name))
  return kept
}

/**
 * RFC 9111 §4.3.4: the answer that a 304 confirms, with what the 304 says in the place of what it said before. Undefined
 * when it may not be kept any longer.
 */
export function confirmedResponse(
  { status, headers: old, body }: StoredResponse,
  confirmation: readonly string[],
  { settings, clock, asked }: KeepOptions,
): StoredResponse | undefined {
  const answered = clock.now()
  const news = keptHeaders(confirmation)
  removeHeaders(news, (name) => name.startsWith('content-'))
  const replaced = new Set(news.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()))
  const headers = [...old]
  removeHeaders(headers, (name) => replaced.has(name))
  headers.push(...news)
  const found = storing(status, headers, settings, { asked, answered })
  return found && { status, headers, body, storing: found, answered, refreshing: false }
}

/** Collects an answer on its way to the client, if it may be kept; lets go of it when it is too long or breaks off. */
export class KeepResponse implements ResponseTap {
  readonly #options: KeepOptions
  #pieces: Buffer[] | undefined
  #bytes = 0
  #head: Omit<StoredResponse, 'body' | 'refreshing'> | undefined

  constructor(options: KeepOptions) {
    this.#options = options
  }

  /** Whether the answer that has begun is being kept. */
  get keeps(): boolean {
    return this.#pieces !== undefined
  }

  head(status: number, headers: readonly string[]): void {
    const { settings, clock, asked } = this.#options
    const answered = clock.now()
    const found = storing(status, headers, settings, { asked, answered })
    if (!found) return
    this.#head = { status, headers: keptHeaders(headers), storing: found, answered }
    this.#pieces = []
  }

  piece(chunk: Buffer): void {
    if (!this.#pieces) return
    this.#bytes += chunk.length
    if (this.#bytes > this.#options.maxBody) this.#pieces = undefined
    else this.#pieces.push(chunk)
  }

  end(): void {
    if (!this.#pieces || !this.#head) return
    this.#options.put({ ...this.#head, body: Buffer.concat(this.#pieces), refreshing: false })
  }
}
