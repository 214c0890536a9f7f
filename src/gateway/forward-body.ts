import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Clock, Instant } from '../core/clock.ts'
import type { BodyCopy } from './body-copy.ts'

/**
 * A request body on its way upstream, in the shape of a stream as far as undici looks. Not the request itself, because undici
 * destroys what it is given when it is done, and with the request would go the client's connection, answer unread.
 * It counts, pauses the client when the upstream is slow, and knows when it last moved.
 */
export class RequestBody extends EventEmitter {
  /** When the last piece came; the time-out of a response counts from there. */
  movedAt: Instant
  readonly #req: IncomingMessage
  readonly #clock: Clock
  readonly #limit: number
  readonly #tooLarge: () => void
  readonly #copy: BodyCopy | undefined
  #bytes = 0
  #started = false
  #paused = false
  #ended = false
  destroyed = false

  /**
   * `tooLarge` is called once, when more than `limit` bytes have come; nothing more is passed on then. What stands in `copy`
   * is passed on first, and what comes is added to it.
   */
  constructor(req: IncomingMessage, limit: number, clock: Clock, tooLarge: () => void, copy?: BodyCopy) {
    super()
    this.#req = req
    this.#limit = limit
    this.#clock = clock
    this.#tooLarge = tooLarge
    this.#copy = copy
    this.movedAt = clock.now()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.movedAt = this.#clock.now()
    this.#copy?.add(chunk)
    this.#pass(chunk)
  }

  #pass(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.#limit) this.#tooLarge()
    else this.emit('data', chunk)
  }

  /** Whether the upstream would take more, and the client has not sent it yet. */
  get isAwaited(): boolean {
    return this.#started && !this.#paused && !this.#ended
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.movedAt = this.#clock.now()
    if (this.#copy) this.#copy.complete = true
    this.emit('end')
  }

  /** The request breaks off. Its response closes as well, and that ends the exchange; nobody else must be told. */
  readonly #onError = (): void => {}

  /** Only its presence counts: it is how undici knows a stream. */
  pipe(): never {
    throw new Error('a request body is read by its events')
  }

  resume(): void {
    if (this.destroyed) return
    this.#paused = false
    if (!this.#started) {
      this.#started = true
      if (this.#replayed()) return
      this.#req.on('data', this.#onData).on('end', this.#onEnd).on('error', this.#onError)
    }
    this.#req.resume()
  }

  /** Passes on what an earlier attempt has read; true when that was all. Small enough to be handed over at once. */
  #replayed(): boolean {
    if (!this.#copy) return false
    for (const piece of this.#copy.pieces ?? []) this.#pass(piece)
    this.#ended = this.#copy.complete
    if (this.#ended) queueMicrotask(() => this.emit('end'))
    return this.#ended
  }

  pause(): void {
    if (this.destroyed) return
    this.#paused = true
    this.#req.pause()
  }

  /** Lets go of the request, which stays open for its answer. */
  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#req.off('data', this.#onData).off('end', this.#onEnd)
    if (this.#started) this.#req.pause() // what comes now is for whoever reads on
    this.emit('close')
  }
}
