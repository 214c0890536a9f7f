import type { Clock, Instant } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Verdict } from './limiter.ts'

/** A question to the store about one key: count `add` in any case, and as much of `want` as there is room for. */
export interface Ask<L> {
  readonly key: string
  readonly limit: L
  readonly add: number
  readonly want: number
}

export interface Told {
  readonly granted: number
  /** What is counted now, by everyone. */
  readonly count: number
  /** Until when nothing of it goes away. */
  readonly nextFree?: Instant
}

export interface SharedCountsOptions<L> {
  readonly clock: Clock
  readonly log: Log
  /** Throws `StoreUnavailable`. */
  readonly ask: (question: Ask<L>) => Promise<Told>
  readonly most: (limit: L) => number
  /** How many may be let through on what was told last, before the store is told of them. */
  readonly credit: (limit: L, count: number) => number
  /** Milliseconds that what was let through may wait until the store is told of it. */
  readonly delay: number
}

export interface Waiter {
  readonly resolve: (verdict: Verdict) => void
  readonly reject: (error: unknown) => void
}

/** What is known here of one key. */
export interface Tally<L> {
  readonly key: string
  limit: L
  /** As the store told last; undefined before the first time. */
  count: number | undefined
  nextFree: Instant | undefined
  /** Let through here and not yet told. */
  pending: number
  /** On its way to the store. */
  flying: number
  asking: boolean
  waiters: Waiter[]
}

export const newTally = <L>(key: string, limit: L): Tally<L> => ({
  key,
  limit,
  count: undefined,
  nextFree: undefined,
  pending: 0,
  flying: 0,
  asking: false,
  waiters: [],
})

export function verdict<L>(tally: Tally<L>, allowed: boolean, most: number, now: Instant): Verdict {
  const remaining = Math.max(0, most - (tally.count ?? 0) - tally.pending - tally.flying)
  return { allowed, remaining, resetIn: Math.max(0, (tally.nextFree ?? now) - now) }
}

export function settle<L>(tally: Tally<L>, { count, nextFree }: Told): void {
  tally.count = count
  tally.nextFree = nextFree
}
