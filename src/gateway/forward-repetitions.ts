import type { Random } from '../core/random.ts'
import { BodyCopy } from './body-copy.ts'
import type { Call } from './call.ts'
import { IDEMPOTENT } from './idempotent.ts'
import type { Lane } from './upstream-group.ts'

/** How often a request is sent again because its connection was lost: the next idle one may be stale as well. */
const STALE_CONNECTIONS = 2
/** Milliseconds that a pause takes at most. */
const LONGEST_PAUSE = 2_000

/** Where the attempts of one request go, and whether there may be another. */
export class Repetitions {
  readonly #call: Call
  readonly #random: Random
  readonly #tried: Lane[] = []
  /** What has been read of the request body, where it may be needed again. */
  readonly copy: BodyCopy | undefined
  #stale = 0
  #retries = 0

  constructor(call: Call, random: Random) {
    this.#call = call
    this.#random = random
    const repeats = call.bodyLength !== 0 && (call.retries?.max ?? 0) > 0 && this.#isIdempotent()
    this.copy = call.held ?? (repeats ? new BodyCopy() : undefined)
  }

  /** Where the next attempt goes. */
  next(): Lane | undefined {
    const lane = this.#call.plan.upstream.pick(this.#tried)
    if (lane) this.#tried.push(lane)
    return lane
  }

  /** A kept-alive connection that the upstream was just closing: whoever may ask twice asks on another one. */
  mayAfterStaleConnection(): boolean {
    if (this.#call.bodyLength !== 0 || !this.#isIdempotent() || this.#stale >= STALE_CONNECTIONS) return false
    this.#stale++
    this.#tried.pop() // nothing is said against its target
    return true
  }

  /** What never reached a target may go to another one, whatever it is. */
  mayAfterFailure(begun: boolean): boolean {
    if (!begun && this.#hasFreshLane()) return true
    return this.#mayRetry()
  }

  mayAfterStatus(status: number): boolean {
    return (this.#call.retries?.statuses.includes(status) ?? false) && this.#mayRetry()
  }

  /** Milliseconds before the next attempt: none when it goes elsewhere. */
  pause(): number {
    if (this.#retries === 0 || this.#hasFreshLane()) return 0
    const longest = Math.min((this.#call.retries?.backoff ?? 0) * 2 ** (this.#retries - 1), LONGEST_PAUSE)
    return Math.round((longest * (128 + (this.#random(1)[0] ?? 0) / 2)) / 256) // between half and all of it
  }

  #mayRetry(): boolean {
    const { retries, plan } = this.#call
    if (retries === undefined || this.#retries >= retries.max) return false
    if (!this.#isIdempotent() || !this.#canReplay() || !plan.upstream.budget.spend()) return false
    this.#retries++
    return true
  }

  #hasFreshLane(): boolean {
    return this.#call.plan.upstream.lanes.some(({ weight, health }, index, lanes) => {
      const lane = lanes[index] as Lane
      return weight > 0 && health.isOpen() && !this.#tried.includes(lane)
    })
  }

  #canReplay(): boolean {
    return this.#call.bodyLength === 0 || this.copy?.pieces !== undefined
  }

  #isIdempotent(): boolean {
    return IDEMPOTENT.has(this.#call.req.method ?? '')
  }
}
