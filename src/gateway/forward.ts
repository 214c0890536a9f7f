import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { joinPath } from '../upstream/target.ts'
import { type AnswerDeps, answerCall, lingerOn } from './answer.ts'
import type { Call } from './call.ts'
import { RequestBody } from './forward-body.ts'
import { sendTrailers } from './forward-connector.ts'
import { asForwardProblem, badUpstreamAnswer, isConnectionLoss, upstreamTimeout } from './forward-error.ts'
import { ResponseRelay } from './forward-response.ts'
import { addForwarded, type TrustsPeer } from './forwarded.ts'
import { IDEMPOTENT } from './idempotent.ts'
import { identityHeaders } from './identity.ts'
import { bodyTooLarge } from './policies/request-size-limit.ts'
import { requestTrailers } from './request-headers.ts'
import type { RawHeaders } from './response-headers.ts'
import { traceparentFor } from './trace.ts'
import { showAnother, wasRefused } from './upstream-credential.ts'

export interface ForwardDeps extends AnswerDeps {
  /** Client addresses whose `X-Forwarded-*` and `Forwarded` are believed; none by default. */
  readonly trusts?: TrustsPeer
}

/** Sends a call to its upstream and the upstream's answer to the client, whatever happens to either on the way. */
export function forward(call: Call, deps: ForwardDeps): void {
  const { headers } = call
  addForwarded(call, deps.trusts)
  if (call.principal) headers.push(...identityHeaders(call.principal))
  headers.push('X-Request-Id', call.requestId, 'traceparent', traceparentFor(call.requestId, call.traceparent))
  if (call.bodyLength > 0) headers.push('Content-Length', String(call.bodyLength))
  new Exchange(call, deps).begin()
}

/** How often a request is sent again because its connection was lost: the next idle one may be stale as well. */
const REPEATS = 2

/** One request to the upstream and its answer. A class because undici calls it back by these names, once per request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #deps: ForwardDeps
  readonly #body: RequestBody | undefined
  readonly #relay: ResponseRelay
  #controller: Dispatcher.DispatchController | undefined
  /** Answered in full, or given up: whatever still comes is ignored. */
  #over = false
  #headSent = false
  #continued = false
  #repeats = 0
  /** The gateway's own credential was refused: `now`, and another one is being got; `once`, and that is enough. */
  #refused: 'now' | 'once' | undefined
  #cancelDeadline: (() => void) | undefined

  constructor(call: Call, deps: ForwardDeps) {
    this.#call = call
    this.#deps = deps
    this.#relay = new ResponseRelay(call, deps.clock)
    if (call.bodyLength !== 0) {
      this.#body = new RequestBody(call.req, call.bodyLimit, deps.clock, () => this.#fail(bodyTooLarge(call.bodyLimit)))
    }
  }

  begin(): void {
    this.#call.res.on('close', () => this.#clientGone())
    this.#expireIn(this.#call.timeout)
    this.#dispatch()
  }

  #dispatch(): void {
    const { plan, req, path, query, headers } = this.#call
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: joinPath(plan.target, path, query),
      method: req.method as Dispatcher.HttpMethod,
      headers,
      // undici asks for nothing of a stream that RequestBody does not have
      body: (this.#body ?? null) as unknown as Readable | null,
      servername: plan.target.serverName, // else it would follow a preserved Host, and reconnect at each change
    }
    const busy = plan.pool.dispatch(options, this)
    if (busy) this.#fail(busy)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#over) throw new Error('the client is gone or has been answered') // the connection stays usable
    this.#controller = controller
    if (this.#call.awaitsContinue && !this.#continued) {
      this.#continued = true
      this.#call.res.writeContinue()
    }
  }

  onRequestSent(): void {
    if (!this.#over && this.#call.req.rawTrailers.length > 0) sendTrailers(requestTrailers(this.#call))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, _: unknown, statusText?: string): void {
    if (this.#over) return
    const raw = controller.rawHeaders as RawHeaders
    try {
      if (status < 200) {
        this.#relay.inform(status, raw)
      } else if (this.#refused === undefined && wasRefused(this.#call, status)) {
        this.#refused = 'now'
        controller.abort(new Error('asked again with another credential'))
      } else {
        this.#cancelDeadline?.()
        this.#relay.head(status, raw, statusText)
        this.#headSent = true
      }
    } catch (error) {
      this.#fail(badUpstreamAnswer(error))
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#relay.piece(chunk, controller)
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#over) return
    this.#finish()
    this.#relay.end(controller.rawTrailers as RawHeaders | null | undefined)
    const { req } = this.#call
    if (this.#body && !req.complete) lingerOn(req, this.#deps.clock) // answered before the body had ended
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return
    if (this.#refused === 'now') this.#askAgain()
    else if (this.#mayRepeat(error)) {
      this.#repeats++
      this.#call.plan.pool.release()
      this.#dispatch()
    } else {
      this.#fail(asForwardProblem(error))
    }
  }

  /** The client waits no longer than for any answer: the deadline goes on. */
  #askAgain(): void {
    this.#refused = 'once'
    showAnother(this.#call).then(
      () => {
        if (this.#over) return
        this.#call.plan.pool.release()
        this.#dispatch()
      },
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))),
    )
  }

  /** A kept-alive connection that the upstream was just closing: whoever may ask twice asks on another one. */
  #mayRepeat(error: Error): boolean {
    const method = this.#call.req.method ?? ''
    return (
      this.#repeats < REPEATS && !this.#headSent && !this.#body && IDEMPOTENT.has(method) && isConnectionLoss(error)
    )
  }

  #expireIn(delay: number): void {
    this.#cancelDeadline = this.#deps.clock.after(delay, () => this.#expire())
  }

  /** As long as the client still sends its body, the upstream is not late. */
  #expire(): void {
    const { timeout } = this.#call
    const idle = this.#body ? this.#deps.clock.now() - this.#body.movedAt : timeout
    if (idle < timeout) this.#expireIn(timeout - idle)
    else this.#fail(upstreamTimeout())
  }

  #clientGone(): void {
    this.#relay.stopWaiting()
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(new Error('the client is gone'))
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(error)
    this.#body?.destroy()
    answerCall(this.#call, error, this.#deps)
  }

  #finish(): void {
    this.#over = true
    this.#cancelDeadline?.()
    this.#call.plan.pool.release()
  }
}
