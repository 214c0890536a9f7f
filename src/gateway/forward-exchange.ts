import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex, Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { Problem } from '../core/problem.ts'
import type { Random } from '../core/random.ts'
import { joinPath } from '../upstream/target.ts'
import { type AnswerDeps, answerCall, lingerOn } from './answer.ts'
import type { Call } from './call.ts'
import { Attempt, type AttemptListener } from './forward-attempt.ts'
import { RequestBody } from './forward-body.ts'
import { sendTrailers } from './forward-connector.ts'
import {
  asForwardProblem,
  badUpstreamAnswer,
  bodyStopped,
  isConnectionLoss,
  upstreamDown,
  upstreamTimeout,
} from './forward-error.ts'
import { Repetitions } from './forward-repetitions.ts'
import { ResponseRelay } from './forward-response.ts'
import { bodyTooLarge } from './policies/request-size-limit.ts'
import { requestTrailers } from './request-headers.ts'
import type { RawHeaders } from './response-headers.ts'
import { showAnother, wasRefused } from './upstream-credential.ts'
import type { WebSockets } from './websockets.ts'

export interface ExchangeDeps extends AnswerDeps {
  readonly random: Random
  readonly webSockets: WebSockets
}

/** One request on its way to the upstream, in as many attempts as it takes, and its answer. */
export class Exchange implements AttemptListener {
  readonly #call: Call
  readonly #deps: ExchangeDeps
  readonly #relay: ResponseRelay
  readonly #repetitions: Repetitions
  #body: RequestBody | undefined
  #attempt: Attempt | undefined
  /** Answered in full, or given up: whatever still comes is ignored. */
  #over = false
  #headSent = false
  #continued = false
  #refused = false
  #cancelDeadline: (() => void) | undefined
  #cancelAttempt: (() => void) | undefined

  constructor(call: Call, deps: ExchangeDeps) {
    this.#call = call
    this.#deps = deps
    this.#relay = new ResponseRelay(call, deps.clock)
    this.#repetitions = new Repetitions(call, deps.random)
  }

  begin(): void {
    this.#call.res.on('close', () => this.#clientGone())
    this.#expireIn(this.#call.timeout)
    this.#call.plan.upstream.budget.earn()
    this.#send()
  }

  #send(): void {
    const { plan, req, path, query, headers, bodyLength } = this.#call
    const lane = this.#repetitions.next()
    if (!lane) {
      this.#fail(upstreamDown(plan.upstream))
      return
    }
    this.#call.forwardedAt ??= this.#deps.clock.now()
    this.#call.servedBy = lane.target
    if (bodyLength !== 0) this.#body = this.#nextBody()
    const options: Dispatcher.DispatchOptions & { servername: string } = {
      path: joinPath(lane.target, path, query),
      method: req.method as Dispatcher.HttpMethod,
      headers,
      // undici asks for nothing of a stream that RequestBody does not have
      body: (this.#body ?? null) as unknown as Readable | null,
      ...(this.#call.websocket ? { upgrade: 'websocket' } : {}),
      servername: lane.target.serverName, // else it would follow a preserved Host, and reconnect at each change
    }
    this.#attempt = new Attempt(lane, this)
    const busy = this.#attempt.send(options)
    const limit = this.#call.retries?.timeout
    if (busy) this.#fail(busy)
    else if (limit !== undefined) this.#replaceIn(limit, limit)
  }

  #nextBody(): RequestBody {
    const { req, bodyLimit } = this.#call
    const tooLarge = (): void => this.#fail(bodyTooLarge(bodyLimit))
    return new RequestBody(req, bodyLimit, this.#deps.clock, tooLarge, this.#repetitions.copy)
  }

  sending(): void {
    if (this.#call.awaitsContinue && !this.#call.held && !this.#continued) {
      this.#continued = true
      this.#call.res.writeContinue()
    }
  }

  sent(): void {
    if (this.#call.req.rawTrailers.length > 0) sendTrailers(requestTrailers(this.#call))
  }

  headed(status: number, raw: RawHeaders, statusText: string | undefined): void {
    try {
      if (status < 200) this.#relay.inform(status, raw)
      else if (!this.#refused && wasRefused(this.#call, status)) this.#showAnother()
      else if (this.#repetitions.mayAfterStatus(status)) this.#again(new Error(`asked again after ${status}`))
      else {
        this.#stopWaiting()
        this.#call.answeredAt = this.#deps.clock.now()
        this.#relay.head(status, raw, statusText)
        this.#headSent = true
      }
    } catch (error) {
      this.#attempt?.judge('failed')
      this.#fail(error instanceof Problem ? error : badUpstreamAnswer(error))
    }
  }

  upgraded(socket: Duplex, headers: IncomingHttpHeaders, raw: RawHeaders): void {
    try {
      this.#deps.webSockets.open(this.#call, socket, headers, raw)
      this.#over = true
      this.#stopWaiting()
    } catch (error) {
      socket.destroy()
      this.#fail(badUpstreamAnswer(error))
    }
  }

  piece(chunk: Buffer, controller: Dispatcher.DispatchController): void {
    this.#relay.piece(chunk, controller)
  }

  ended(trailers: RawHeaders | null | undefined): void {
    this.#over = true
    this.#relay.end(trailers)
    const { req } = this.#call
    if (!this.#body || req.complete) return
    this.#body.destroy()
    lingerOn(req, this.#deps.clock) // answered before the body had ended
  }

  failed(error: Error): void {
    const stale = !this.#headSent && isConnectionLoss(error) && this.#repetitions.mayAfterStaleConnection()
    const problem = asForwardProblem(error)
    this.#attempt?.judge(stale || problem.status < 500 ? 'unknown' : 'failed')
    if (stale) this.#send()
    else if (!this.#headSent && this.#repetitions.mayAfterFailure(this.#attempt?.begun ?? false)) this.#again(error)
    else this.#fail(problem)
  }

  /** The client waits no longer than for any answer: the deadline goes on. */
  #again(reason: Error): void {
    this.#cancelAttempt?.()
    this.#attempt?.giveUp(reason)
    const pause = this.#repetitions.pause()
    if (pause === 0) this.#send()
    else this.#cancelAttempt = this.#deps.clock.after(pause, () => this.#send())
  }

  #replaceIn(delay: number, limit: number): void {
    this.#cancelAttempt = this.#deps.clock.after(delay, () => this.#attemptIsLate(limit))
  }

  /** An attempt that takes too long makes room for another, if there may be one; else it goes on. */
  #attemptIsLate(limit: number): void {
    if (this.#headSent) return
    const left = this.#body?.isAwaited ? limit : this.#patience(limit)
    if (left > 0) this.#replaceIn(left, limit)
    else if (this.#repetitions.mayAfterFailure(this.#attempt?.begun ?? false)) {
      this.#attempt?.judge('failed')
      this.#again(upstreamTimeout())
    }
  }

  /** Milliseconds until the upstream is late: it is not as long as the client still sends its body. */
  #patience(limit: number): number {
    return this.#body ? limit - (this.#deps.clock.now() - this.#body.movedAt) : 0
  }

  #showAnother(): void {
    this.#refused = true
    this.#cancelAttempt?.()
    this.#attempt?.giveUp(new Error('asked again with another credential'))
    showAnother(this.#call).then(
      () => {
        if (!this.#over) this.#send()
      },
      (error: unknown) => this.#fail(error instanceof Error ? error : new Error(String(error))),
    )
  }

  #expireIn(delay: number): void {
    this.#cancelDeadline = this.#deps.clock.after(delay, () => this.#expire())
  }

  #expire(): void {
    const left = this.#patience(this.#call.timeout)
    if (left > 0) this.#expireIn(left)
    else if (this.#body?.isAwaited)
      this.#fail(bodyStopped()) // nothing is said against the target
    else {
      this.#attempt?.judge('failed')
      this.#fail(upstreamTimeout())
    }
  }

  #clientGone(): void {
    this.#relay.stopWaiting()
    if (!this.#over) this.#stop(new Error('the client is gone'))
  }

  #fail(error: Error): void {
    if (this.#over) return
    this.#stop(error)
    this.#body?.destroy()
    answerCall(this.#call, error, this.#deps)
  }

  #stop(reason: Error): void {
    this.#over = true
    this.#stopWaiting()
    this.#attempt?.giveUp(reason)
  }

  #stopWaiting(): void {
    this.#cancelDeadline?.()
    this.#cancelAttempt?.()
  }
}
