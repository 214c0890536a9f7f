import { STATUS_CODES } from 'node:http'
import type { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { joinPath } from '../upstream/target.ts'
import { type AnswerDeps, answerError, lingerOn } from './answer.ts'
import type { Call } from './call.ts'
import { RequestBody } from './forward-body.ts'
import { sendTrailers } from './forward-connector.ts'
import { asForwardProblem, badUpstreamAnswer, isConnectionLoss, upstreamTimeout } from './forward-error.ts'
import { addForwarded, type TrustsPeer } from './forwarded.ts'
import { identityHeaders } from './identity.ts'
import { bodyTooLarge } from './policies/request-size-limit.ts'
import { requestTrailers } from './request-headers.ts'
import { type RawHeaders, responseHeaders, responseTrailers } from './response-headers.ts'
import { stripQuery } from './strip-credential.ts'
import { traceparentFor } from './trace.ts'

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

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'])
/** How often a request is sent again because its connection was lost: the next idle one may be stale as well. */
const REPEATS = 2
/** For how long a client may leave an answer unread before its connection is closed. */
const STALLED = 120_000
const PRINTABLE = /^[\x20-\x7e]*$/

/** One request to the upstream and its answer. A class because undici calls it back by these names, once per request. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #call: Call
  readonly #deps: ForwardDeps
  readonly #body: RequestBody | undefined
  #controller: Dispatcher.DispatchController | undefined
  #cancelDeadline: () => void = nothing
  #cancelStall: () => void = nothing
  /** Answered in full, or given up: whatever still comes is ignored. */
  #over = false
  #headSent = false
  #bodySent = false
  #draining = false
  #repeats = 0
  #continued = false

  constructor(call: Call, deps: ForwardDeps) {
    this.#call = call
    this.#deps = deps
    if (call.bodyLength !== 0) {
      this.#body = new RequestBody(call.req, call.bodyLimit, deps.clock, () => this.#fail(bodyTooLarge(call.bodyLimit)))
    }
  }

  begin(): void {
    this.#call.res.on('close', () => this.#clientGone())
    this.#armDeadline(this.#call.timeout)
    try {
      this.#dispatch()
    } catch (error) {
      this.#over = true
      this.#cancelDeadline()
      throw error // the pool did not take it
    }
  }

  #dispatch(): void {
    const { plan, req, rest, target, api, headers } = this.#call
    const query =
      plan.strip && plan.strip.queries.size > 0 ? stripQuery(target.query, plan.strip.queries) : target.query
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: joinPath(plan.target, api.stripListenPath ? rest : target.path, query),
      method: req.method as Dispatcher.HttpMethod,
      headers,
      // undici asks for nothing of a stream that RequestBody does not have
      body: (this.#body ?? null) as unknown as Readable | null,
      servername: plan.target.serverName, // else it would follow a preserved Host, and reconnect at each change
    }
    plan.pool.dispatch(options, this)
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
      if (status < 200) this.#inform(status, raw)
      else this.#sendHead(status, raw, statusText)
    } catch (error) {
      this.#fail(badUpstreamAnswer(error)) // a header that must not be passed on
    }
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return
    this.#bodySent = true
    if (this.#call.res.write(chunk)) return
    controller.pause()
    if (this.#draining) return
    this.#draining = true
    this.#cancelStall = this.#deps.clock.after(STALLED, () => this.#call.res.destroy())
    this.#call.res.once('drain', () => {
      this.#draining = false
      this.#cancelStall()
      controller.resume()
    })
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#over) return
    this.#finish()
    const { req, res } = this.#call
    const trailers = controller.rawTrailers as RawHeaders | null | undefined
    if (trailers && trailers.length > 0) addTrailers(res, trailers)
    res.end()
    if (this.#body && !req.complete) lingerOn(req, this.#deps.clock) // answered before the body had ended
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#over) return
    if (this.#mayRepeat(error)) {
      this.#repeats++
      this.#call.plan.pool.release()
      this.#dispatch()
      return
    }
    this.#fail(asForwardProblem(error))
  }

  #inform(status: number, raw: RawHeaders): void {
    const { req, res } = this.#call
    if (req.httpVersionMinor === 0 || status === 101) return
    res.writeInformation(status, responseHeaders(raw, undefined, false))
  }

  #sendHead(status: number, raw: RawHeaders, statusText: string | undefined): void {
    const { req, res, requestId } = this.#call
    this.#cancelDeadline()
    const chunkable = req.httpVersionMinor === 1 && req.method !== 'HEAD' && status !== 204 && status !== 304
    const headers = responseHeaders(raw, requestId, chunkable)
    const reason = statusText !== undefined && PRINTABLE.test(statusText) ? statusText : (STATUS_CODES[status] ?? '')
    res.writeHead(status, reason, headers)
    this.#headSent = true
    process.nextTick(flushHead, this)
  }

  /** Sends the head alone when no body has come along with it: an event stream may be silent at first. */
  flushHead(): void {
    if (!this.#over && !this.#bodySent) this.#call.res.flushHeaders()
  }

  /** A kept-alive connection that the upstream was just closing: whoever may ask twice asks on another one. */
  #mayRepeat(error: Error): boolean {
    const method = this.#call.req.method ?? ''
    return (
      this.#repeats < REPEATS && !this.#headSent && !this.#body && IDEMPOTENT.has(method) && isConnectionLoss(error)
    )
  }

  #armDeadline(delay: number): void {
    this.#cancelDeadline = this.#deps.clock.after(delay, () => this.#deadlinePassed())
  }

  /** As long as the client still sends its body, the upstream is not late. */
  #deadlinePassed(): void {
    const idle = this.#body ? this.#deps.clock.now() - this.#body.movedAt : this.#call.timeout
    if (idle < this.#call.timeout) this.#armDeadline(this.#call.timeout - idle)
    else this.#fail(upstreamTimeout())
  }

  #clientGone(): void {
    this.#cancelStall()
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(new Error('the client is gone'))
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#finish()
    this.#controller?.abort(error)
    this.#body?.destroy()
    answerError(this.#call.req, this.#call.res, this.#call.requestId, error, this.#deps)
  }

  #finish(): void {
    this.#over = true
    this.#cancelDeadline()
    this.#call.plan.pool.release()
  }
}

const nothing = (): void => {}
const flushHead = (exchange: Exchange): void => exchange.flushHead()

function addTrailers(res: Call['res'], raw: RawHeaders): void {
  try {
    res.addTrailers(responseTrailers(raw))
  } catch {
    // a trailer that must not be passed on: the body is complete without it
  }
}
