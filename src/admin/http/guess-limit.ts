import type { Clock, Instant } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { lru } from '../../core/lru.ts'

/** Counts different wrong credentials by address: a program with one outdated key locks nobody out, a guesser is. */
export interface GuessLimit {
  /** Milliseconds for which nothing is believed from this address; 0 when all is well. */
  waitFor(address: string): number
  wrong(address: string, credential: string): void
}

const WINDOW = 60_000
const GUESSES = 10
const ADDRESSES = 10_000

export function createGuessLimit(clock: Clock): GuessLimit {
  const seen = lru<string, { readonly until: Instant; readonly guesses: Set<string> }>(ADDRESSES)
  const current = (address: string) => {
    const entry = seen.get(address)
    return entry && clock.now() < entry.until ? entry : undefined
  }
  return {
    waitFor(address) {
      const entry = current(address)
      return entry && entry.guesses.size >= GUESSES ? entry.until - clock.now() : 0
    },
    wrong(address, credential) {
      const entry = current(address) ?? { until: clock.now() + WINDOW, guesses: new Set<string>() }
      if (entry.guesses.size < GUESSES) entry.guesses.add(sha256(credential))
      seen.set(address, entry)
    },
  }
}
