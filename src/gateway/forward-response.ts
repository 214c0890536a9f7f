import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Clock } from '../core/clock.ts'
import type { Call } from './call.ts'
import { edited } from './head-edit.ts'
import { type RawHeaders, responseHeaders, responseTrailers } from './response-headers.ts'

/** What can be told to wait: the upstream's side of a response. */
export interface Pausable {
  pause(): void
  resume(): void
}

/** For how long a client may leave an answer unread before its connection is closed. */
const STALLED = 120_000
/** First pieces of a body up to this size wait for the end of the turn, because the end of the body may come in it. */
const HELD_BYTES = 16_384
const PRINTABLE = /^[\x20-\x7e]*$/

/**
 * The way of one response to the client: head, pieces as they come, trailers, at the client's pace. A small response that
 * comes in one turn leaves in one write; nothing waits longer than that turn.
 */
export class ResponseRelay {
  readonly #call: Call
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #clock: Clock
  #held: Buffer | undefined
  #flowing = false
  #ended = false
  #cancelStall: (() => void) | undefined

  constructor(call: Call, clock: Clock) {
    this.#call = call
    this.#req = call.req
    this.#res = call.res
    this.#clock = clock
  }

  /** Passes an interim response on (RFC 9110 §15.2), unless the client is too old for it. */
  inform(status: number, raw: RawHeaders): void {
    if (this.#req.httpVersionMinor === 0 || status === 101) return
    if (!('writeInformation' in this.#res)) return // Node before 26.2 can only say 100, 102 and 103 in its own words
    this.#res.writeInformation(status, responseHeaders(raw, undefined, false))
  }

  /** Throws for a head that must not be passed on, such as one with control characters in it. */
  head(status: number, raw: RawHeaders, statusText: string | undefined): void {
    const { httpVersionMinor, method } = this.#req
    const chunkable = httpVersionMinor === 1 && method !== 'HEAD' && status !== 204 && status !== 304
    const reason = statusText !== undefined && PRINTABLE.test(statusText) ? statusText : (STATUS_CODES[status] ?? '')
    const headers = responseHeaders(raw, this.#call.requestId, chunkable)
    this.#call.tap?.head(status, headers)
    this.#res.writeHead(status, reason, edited(status, headers, this.#call.edits))
    flushLater(this)
  }

  /** Sends a piece of the body, and makes the upstream wait while the client does not read. */
  piece(chunk: Buffer, upstream: Pausable): void {
    this.#call.tap?.piece(chunk)
    if (!this.#flowing && !this.#held && chunk.length <= HELD_BYTES) {
      this.#held = chunk
      return
    }
    this.flush()
    if (this.#res.write(chunk)) return
    upstream.pause()
    if (this.#cancelStall) return
    this.#cancelStall = this.#clock.after(STALLED, () => this.#res.destroy())
    this.#res.once('drain', () => {
      this.stopWaiting()
      upstream.resume()
    })
  }

  end(trailers: RawHeaders | null | undefined): void {
    this.#ended = true
    this.#call.tap?.end()
    if (trailers && trailers.length > 0) this.#trailers(trailers)
    if (this.#held)
      this.#res.end(this.#held.toString('latin1'), 'latin1') // byte for byte, in one string with the head
    else this.#res.end()
  }

  /** Sends what was held, or the head alone: an event stream may be silent at first. */
  flush(): void {
    if (this.#flowing || this.#ended || this.#res.destroyed) return
    this.#flowing = true
    const held = this.#held
    this.#held = undefined
    if (held) this.#res.write(held)
    else this.#res.flushHeaders()
  }

  /** The client reads again, or never will. */
  stopWaiting(): void {
    this.#cancelStall?.()
    this.#cancelStall = undefined
  }

  #trailers(raw: RawHeaders): void {
    try {
      this.#res.addTrailers(responseTrailers(raw))
    } catch {
      // a trailer that must not be passed on: the body is complete without it
    }
  }
}

/** Responses whose head was written in this turn. */
let fresh: ResponseRelay[] = []

function flushLater(relay: ResponseRelay): void {
  if (fresh.push(relay) === 1) process.nextTick(flushFresh)
}

function flushFresh(): void {
  const relays = fresh
  fresh = []
  for (const relay of relays) relay.flush()
}
