import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Store } from '../store/store.ts'
import type { Tried } from './attempt.ts'
import type { DeadReason } from './delivery.ts'

/** Upper bounds of the latency classes, in milliseconds; the last class has none. */
export const LATENCIES = [50, 250, 1000, 5000, Number.POSITIVE_INFINITY] as const

/** What is counted of an endpoint. */
export interface Counts {
  readonly delivered: number
  readonly failed: number
  readonly dead: number
  readonly dropped: number
  /** Milliseconds of all attempts together. */
  readonly time: number
  /** Attempts by `LATENCIES`. */
  readonly latency: readonly number[]
}

export const NO_COUNTS: Counts = {
  delivered: 0,
  failed: 0,
  dead: 0,
  dropped: 0,
  time: 0,
  latency: LATENCIES.map(() => 0),
}

/** Counts per endpoint: of this process since its start, and of all processes over the last day. */
export interface Statistics {
  attempted(endpoint: string, tried: Tried): void
  dead(endpoint: string, reason: DeadReason): void
  /** Of this process since it started. */
  own(endpoint: string): Counts
  /** Of all processes in the last 24 hours, by the hour; what others counted in the last seconds may be missing. */
  lastDay(endpoint: string): Promise<Counts>
  /** Writes what has not been written. */
  flush(): Promise<void>
}

const HOUR = 3_600_000
const NAMES = ['delivered', 'failed', 'dead', 'dropped', 'time', ...LATENCIES.map((_, index) => `latency${index}`)]

export function openStatistics(deps: { readonly store: Store; readonly clock: Clock; readonly log: Log }): Statistics {
  const { store, clock, log } = deps
  const own = new Map<string, Map<string, number>>()
  let unwritten = new Map<string, number>()
  const count = (endpoint: string, name: string, by: number): void => {
    const counts = own.get(endpoint) ?? new Map<string, number>()
    own.set(endpoint, counts.set(name, (counts.get(name) ?? 0) + by))
    const counter = counterName(endpoint, Math.floor(clock.now() / HOUR), name)
    unwritten.set(counter, (unwritten.get(counter) ?? 0) + by)
  }
  return {
    attempted(endpoint, { verdict, attempt }) {
      count(endpoint, verdict === 'delivered' ? 'delivered' : 'failed', 1)
      count(endpoint, 'time', attempt.duration)
      count(endpoint, `latency${LATENCIES.findIndex((bound) => attempt.duration <= bound)}`, 1)
    },
    dead(endpoint, reason) {
      count(endpoint, 'dead', 1)
      if (reason === 'dropped') count(endpoint, 'dropped', 1)
    },
    own: (endpoint) => toCounts((name) => own.get(endpoint)?.get(name) ?? 0),
    async lastDay(endpoint) {
      const now = Math.floor(clock.now() / HOUR)
      const hours = Array.from({ length: 24 }, (_, ago) => now - ago)
      const names = hours.flatMap((hour) => NAMES.map((name) => counterName(endpoint, hour, name)))
      const expiresAt = clock.now() + 25 * HOUR
      const values = await store.increment(names.map((name) => ({ name, by: 0, expiresAt })))
      const sums = new Map<string, number>()
      for (const [index, value] of values.entries()) {
        const name = NAMES[index % NAMES.length] ?? ''
        sums.set(name, (sums.get(name) ?? 0) + value + (unwritten.get(names[index] ?? '') ?? 0))
      }
      return toCounts((name) => sums.get(name) ?? 0)
    },
    async flush() {
      const batch = unwritten
      if (batch.size === 0) return
      unwritten = new Map()
      const expiresAt = clock.now() + 25 * HOUR
      try {
        await store.increment([...batch].map(([name, by]) => ({ name, by, expiresAt })))
      } catch (error) {
        log.warn({ error: String(error) }, 'statistics of notifications were not written')
      }
    },
  }
}

const counterName = (endpoint: string, hour: number, name: string): string => `notify:${endpoint}:${hour}:${name}`

function toCounts(value: (name: string) => number): Counts {
  const [delivered, failed, dead, dropped, time] = ['delivered', 'failed', 'dead', 'dropped', 'time'].map(value)
  const latency = LATENCIES.map((_, index) => value(`latency${index}`))
  return {
    delivered: delivered ?? 0,
    failed: failed ?? 0,
    dead: dead ?? 0,
    dropped: dropped ?? 0,
    time: time ?? 0,
    latency,
  }
}
