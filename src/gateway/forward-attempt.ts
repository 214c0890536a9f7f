import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Problem } from '../core/problem.ts'
import type { Result } from '../upstream/target-health.ts'
import type { RawHeaders } from './response-headers.ts'
import type { Lane } from './upstream-group.ts'

/** What becomes of an attempt. Nothing is said any more of one that was given up. */
export interface AttemptListener {
  /** It has a connection and is being sent. */
  sending(): void
  sent(): void
  /** A head has come, interim or final. */
  headed(status: number, raw: RawHeaders, statusText: string | undefined): void
  /** The connection is no longer one of HTTP. */
  upgraded(socket: Duplex, headers: IncomingHttpHeaders, raw: RawHeaders): void
  piece(chunk: Buffer, controller: Dispatcher.DispatchController): void
  ended(trailers: RawHeaders | null | undefined): void
  /** To be judged by who hears it. */
  failed(error: Error): void
}

/** One request to one target. A class because undici calls it back by these names, once per request. */
export class Attempt implements Dispatcher.DispatchHandler {
  readonly lane: Lane
  /** Whether anything of the request may have reached the target. */
  begun = false
  readonly #listener: AttemptListener
  readonly #tried: boolean
  #controller: Dispatcher.DispatchController | undefined
  #judged = false
  #over = false

  constructor(lane: Lane, listener: AttemptListener) {
    this.lane = lane
    this.#listener = listener
    this.#tried = lane.health.begun()
  }

  /** Gives a 503 problem, and sends nothing, when too many wait for the target already. */
  send(options: Dispatcher.DispatchOptions): Problem | undefined {
    return this.lane.pool.dispatch(options, this)
  }

  /** Tells the health of the target what came of it; the first word counts. */
  judge(result: Result): void {
    if (this.#judged) return
    this.#judged = true
    this.lane.health.ended(result, this.#tried)
  }

  /** Ends it wherever it stands, and whatever comes of it. Its target is judged by what was said before. */
  giveUp(reason: Error): void {
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(reason)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) throw new Error('the client is gone or has been answered') // the connection stays usable
    this.begun = true
    this.#controller = controller
    this.#listener.sending()
  }

  onRequestSent(): void {
    if (!this.#over) this.#listener.sent()
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, statusText?: string): void {
    if (this.#over) return
    if (status >= 200) this.judge(status)
    this.#listener.headed(status, controller.rawHeaders as RawHeaders, statusText)
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    if (this.#over) {
      socket.destroy()
      return
    }
    this.judge(status)
    this.#finish()
    this.#listener.upgraded(socket, headers, controller.rawHeaders as RawHeaders)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#listener.piece(chunk, controller)
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#over) return
    this.#finish()
    this.#listener.ended(controller.rawTrailers as RawHeaders | null | undefined)
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return
    this.#over = true
    this.lane.pool.release()
    this.#listener.failed(error)
  }

  #finish(): void {
    this.#over = true
    this.judge('unknown')
    this.lane.pool.release()
  }
}
