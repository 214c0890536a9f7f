import type { Duplex } from 'node:stream'
import type { Clock, Instant } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { closeFrame, type FrameFault, FrameScanner } from './websocket-frames.ts'

export interface TunnelLimits {
  /** Milliseconds without a byte in either direction. */
  readonly idleTimeout: number
  /** Bytes of one message of the client. */
  readonly maxMessageSize: number
}

export interface TunnelDeps {
  readonly clock: Clock
  readonly random: Random
}

/** How long the two sides may take to say good-bye. */
const FAREWELL = 2_000

/** One direction: what comes from `from` goes to `to`, at the pace of `to`. */
interface Lane {
  readonly from: Duplex
  readonly to: Duplex
  readonly frames: FrameScanner
  /** Bytes for `to` that we say ourselves. */
  readonly farewell: (fault: FrameFault) => Buffer
  /** Nothing more is passed on. */
  shut: boolean
}

/**
 * A WebSocket between a client and an upstream, byte for byte, with back pressure both ways. It ends when one side ends, when
 * nothing moves, and whenever `close` is called: then both sides hear a close frame, between two frames of the other's.
 */
export class Tunnel {
  readonly #deps: TunnelDeps
  readonly #limits: TunnelLimits
  readonly #down: Lane
  readonly #up: Lane
  readonly #ended: () => void
  #movedAt: Instant
  #closing: FrameFault | undefined
  #isOver = false
  #cancelTimer: (() => void) | undefined

  /** `ended` is called once, when both connections are closed. */
  constructor(client: Duplex, upstream: Duplex, limits: TunnelLimits, deps: TunnelDeps, ended: () => void) {
    this.#deps = deps
    this.#limits = limits
    this.#ended = ended
    this.#movedAt = deps.clock.now()
    this.#down = {
      from: upstream,
      to: client,
      frames: new FrameScanner({ masked: false, maxMessage: Number.POSITIVE_INFINITY }),
      farewell: ({ code, reason }) => closeFrame(code, reason),
      shut: false,
    }
    this.#up = {
      from: client,
      to: upstream,
      frames: new FrameScanner({ masked: true, maxMessage: limits.maxMessageSize }),
      farewell: ({ code, reason }) => closeFrame(code, reason, deps.random(4)),
      shut: false,
    }
    this.#open(this.#down, { code: 1014, reason: 'the upstream is gone' })
    this.#open(this.#up, { code: 1001, reason: 'the client is gone' })
    this.#lookAgainIn(limits.idleTimeout)
  }

  /** Ends both sides with a close frame (RFC 6455 §7.1.2) as soon as the frame that is on its way has ended. */
  close(code: number, reason: string): void {
    if (this.#closing || this.#isOver) return
    this.#closing = { code, reason }
    this.#cancelTimer?.()
    this.#cancelTimer = this.#deps.clock.after(FAREWELL, () => this.destroy())
    for (const lane of [this.#down, this.#up]) {
      lane.from.resume() // a frame that is half on its way must come to its end
      if (lane.frames.atBoundary) this.#sayFarewell(lane)
    }
  }

  /** Cuts both connections. */
  destroy(): void {
    this.#down.to.destroy()
    this.#up.to.destroy()
  }

  #open(lane: Lane, gone: FrameFault): void {
    const { from, to } = lane
    from.on('data', (chunk: Buffer) => this.#pass(lane, chunk))
    from.on('end', () => this.#halfClosed(lane, gone))
    from.on('error', () => from.destroy())
    from.on('close', () => {
      this.#halfClosed(lane, gone)
      if (to.destroyed) this.#over()
      else this.close(gone.code, gone.reason)
    })
    to.on('drain', () => from.resume())
  }

  #pass(lane: Lane, chunk: Buffer): void {
    this.#movedAt = this.#deps.clock.now()
    if (lane.shut) return
    if (this.#closing) {
      this.#passLast(lane, chunk)
      return
    }
    const wasAtBoundary = lane.frames.atBoundary
    const fault = lane.frames.scan(chunk)
    if (fault) this.#refuse(lane, fault, wasAtBoundary)
    else if (!lane.to.write(chunk)) lane.from.pause()
  }

  /** While the end is near: the rest of the frame that has begun, and then our own last word. */
  #passLast(lane: Lane, chunk: Buffer): void {
    const rest = lane.frames.finishFrame(chunk)
    if (rest > 0 && !lane.to.write(chunk.subarray(0, rest))) lane.from.pause()
    if (lane.frames.atBoundary) this.#sayFarewell(lane)
  }

  /** What broke the rules goes no further; whoever would have got it hears why, unless it already has half a frame. */
  #refuse(lane: Lane, fault: FrameFault, wasAtBoundary: boolean): void {
    lane.shut = true
    if (wasAtBoundary) lane.to.end(lane.farewell(fault))
    else lane.to.destroy()
    this.close(fault.code, fault.reason)
  }

  #sayFarewell(lane: Lane): void {
    if (lane.shut || !this.#closing) return
    lane.shut = true
    if (lane.frames.closed) lane.to.end()
    else lane.to.end(lane.farewell(this.#closing))
  }

  /** One side says nothing more. After its close frame that is all; without one, the other side hears of it from us. */
  #halfClosed(lane: Lane, gone: FrameFault): void {
    if (lane.shut) return
    if (this.#closing || lane.frames.closed) {
      lane.shut = true
      lane.to.end()
    } else if (lane.frames.atBoundary) {
      this.close(gone.code, gone.reason)
    } else {
      lane.shut = true
      lane.to.destroy()
    }
  }

  #lookAgainIn(delay: number): void {
    this.#cancelTimer = this.#deps.clock.after(delay, () => {
      const rest = this.#movedAt + this.#limits.idleTimeout - this.#deps.clock.now()
      if (rest <= 0) this.close(1001, 'idle for too long')
      else this.#lookAgainIn(rest)
    })
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#cancelTimer?.()
    this.#ended()
  }
}
