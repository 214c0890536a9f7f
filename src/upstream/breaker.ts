import type { Clock } from '../core/clock.ts'

export interface BreakerSettings {
  /** Share of failures, above 0 and up to 1, at which the circuit opens. */
  readonly threshold: number
  /** Requests in the window below which nothing is concluded. */
  readonly sampleSize: number
  /** Milliseconds. */
  readonly window: number
  /** Milliseconds. */
  readonly coolDown: number
}

/** How a request to a target ended; `unknown` when nobody can tell, because its client went away. */
export type Outcome = 'succeeded' | 'failed' | 'unknown'

/**
 * A circuit breaker. Closed, it counts; open, it lets nothing through; after the cool-down it is half open: one request at
 * a time may try, and closes or opens it.
 */
export interface Breaker {
  readonly state: 'closed' | 'open' | 'halfOpen'
  /** Whether a request may be sent now. Changes nothing. */
  allows(): boolean
  /** A request is sent; `allows` was true. Says whether it is the one that tries. To be followed by one `ended`. */
  begun(): boolean
  /** `tried`: what `begun` said. A request that was sent before the circuit opened, and ends after, decides nothing. */
  ended(outcome: Outcome, tried: boolean): void
  /** Milliseconds until a request may try again; 0 when one may now. */
  retryAfter(): number
}

/** The window is counted in so many pieces: what falls out of it does so piece by piece. */
const PIECES = 10

/** `onChange` hears of each opening and closing. */
export function createBreaker(settings: BreakerSettings, clock: Clock, onChange: (isOpen: boolean) => void): Breaker {
  const { threshold, sampleSize, window, coolDown } = settings
  const counts = slidingCounts(window, clock)
  let openUntil: number | undefined
  let trying = false
  const open = (): void => {
    const wasClosed = openUntil === undefined
    openUntil = clock.now() + coolDown
    if (wasClosed) onChange(true)
  }
  const close = (): void => {
    openUntil = undefined
    counts.clear()
    onChange(false)
  }
  const isCooling = (): boolean => openUntil !== undefined && clock.now() < openUntil
  return {
    get state() {
      if (openUntil === undefined) return 'closed'
      return isCooling() ? 'open' : 'halfOpen'
    },
    allows: () => openUntil === undefined || (!trying && !isCooling()),
    begun() {
      trying = openUntil !== undefined
      return trying
    },
    ended(outcome, tried) {
      if (tried) {
        trying = false
        if (outcome === 'succeeded') close()
        else if (outcome === 'failed') open()
        return
      }
      if (outcome === 'unknown' || openUntil !== undefined) return
      const { total, failed } = counts.add(outcome === 'failed')
      if (total >= sampleSize && failed / total >= threshold) open()
    },
    retryAfter: () => (openUntil === undefined ? 0 : Math.max(0, openUntil - clock.now())),
  }
}

interface Counts {
  readonly total: number
  readonly failed: number
}

function slidingCounts(window: number, clock: Clock) {
  const pieceLength = window / PIECES
  let pieces: { readonly began: number; total: number; failed: number }[] = []
  return {
    /** Counts one more, and gives the counts of the window. */
    add(isFailure: boolean): Counts {
      const began = Math.floor(clock.now() / pieceLength)
      let piece = pieces.at(-1)
      if (piece?.began !== began) {
        piece = { began, total: 0, failed: 0 }
        pieces = [...pieces.filter((old) => old.began > began - PIECES), piece]
      }
      piece.total++
      if (isFailure) piece.failed++
      let total = 0
      let failed = 0
      for (const one of pieces) {
        total += one.total
        failed += one.failed
      }
      return { total, failed }
    },
    clear() {
      pieces = []
    },
  }
}
