import { type Dispatcher, Pool } from 'undici'
import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { connectionKey, type Target } from '../upstream/target.ts'
import { targetConnector } from './forward-connector.ts'

/** Connections to one upstream. Opens when it is used, closes when it is not, and never has more than its bounds say. */
export interface UpstreamPool {
  /**
   * Sends a request on a free connection, waiting for one if need be. Gives a 503 problem, and sends nothing, when too many
   * wait already.
   */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): Problem | undefined
  /** A request is over, sent or not; to be called once for each. */
  release(): void
}

/** All pools. Targets that are alike share one, also when they stand in different documents or snapshots. */
export interface UpstreamPools {
  poolFor(target: Target): UpstreamPool
  /** Closes every pool when its last request has ended. */
  close(): Promise<void>
}

/** How much one upstream may be given to do at once. */
export interface PoolBounds {
  /** Sockets at most. */
  readonly connections: number
  /** Requests that are under way or wait for a socket at most. */
  readonly inFlight: number
}

const BOUNDS: PoolBounds = { connections: 1024, inFlight: 8192 }
/** A pool that nobody has used for so long is closed. */
const IDLE = 300_000
/** Time between two pieces of a response body at most. */
const BODY_TIMEOUT = 300_000
/** Sockets stay open between requests for so long, unless the upstream says less: below the 5 s of a plain `node:http`. */
const KEEP_ALIVE = 4_000
/** Bytes of an upstream's response headers at most. */
const RESPONSE_HEADER_BYTES = 65_536

interface Slot extends UpstreamPool {
  /** Closes the sockets when the slot was not used since the last sweep; says whether it may be forgotten. */
  sweep(): boolean
  close(): Promise<void>
}

export function createUpstreamPools(clock: Clock, bounds = BOUNDS): UpstreamPools {
  const slots = new Map<string, Slot>()
  const sweep = (): void => {
    for (const [key, slot] of slots) if (slot.sweep()) slots.delete(key)
    cancel = clock.after(IDLE, sweep)
  }
  let cancel = clock.after(IDLE, sweep)
  return {
    poolFor(target) {
      const key = connectionKey(target)
      const known = slots.get(key)
      if (known) return known
      const slot = createSlot(target, bounds)
      slots.set(key, slot)
      return slot
    },
    async close() {
      cancel()
      await Promise.all([...slots.values()].map((slot) => slot.close()))
    },
  }
}

function createSlot(target: Target, bounds: PoolBounds): Slot {
  let pool: Pool | undefined
  let inFlight = 0
  let used = true
  return {
    dispatch(options, handler) {
      used = true
      if (++inFlight > bounds.inFlight) return upstreamBusy()
      pool ??= openPool(target, bounds.connections)
      pool.dispatch(options, handler)
      return undefined
    },
    release() {
      inFlight--
    },
    sweep() {
      if (used || inFlight > 0) {
        used = false
        return false
      }
      pool?.destroy()
      pool = undefined // a plan that still holds the slot opens it anew
      return true
    },
    async close() {
      const open = pool
      pool = undefined
      await open?.close()
    },
  }
}

const upstreamBusy = (): Problem =>
  new Problem(503, 'upstream_busy', 'Too many requests wait for the upstream.', { headers: { 'Retry-After': '1' } })

function openPool(target: Target, connections: number): Pool {
  return new Pool(target.origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0, // each request has its own deadline
    bodyTimeout: BODY_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
    maxHeaderSize: RESPONSE_HEADER_BYTES,
    connect: targetConnector(target),
  })
}
