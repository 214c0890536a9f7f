import type { Clock, Instant } from '../core/clock.ts'
import { sha256 } from '../core/digest.ts'
import { lru } from '../core/lru.ts'
import { OAuthError } from './errors.ts'

/**
 * Slows down guessing (RFC 6749 §2.3.1, §4.3.2): after a few failures each further one must wait twice as long. What is
 * guessed and from where belong to the key, so that nobody locks out others by failing in their name.
 */
export interface FailureLimit {
  /** Milliseconds until another guess is heard; 0 when it may come now. */
  wait(...key: readonly string[]): number
  failed(...key: readonly string[]): void
  succeeded(...key: readonly string[]): void
}

/** Failures that cost nothing: people mistype. */
export const FREE = 5
/** The same for everybody at one address together. */
export const FREE_AT_ADDRESS = 100
const LONGEST = 60_000
/** After this time without a failure all is forgiven. */
const FORGIVEN_AFTER = 15 * 60_000
const CAPACITY = 20_000

interface Failures {
  readonly count: number
  readonly last: Instant
}

/** `free`: how many failures of one key cost nothing. */
export function createFailureLimit(clock: Clock, free = FREE): FailureLimit {
  const known = lru<string, Failures>(CAPACITY)
  const nameOf = (key: readonly string[]): string => sha256(JSON.stringify(key))
  const current = (name: string): Failures | undefined => {
    const failures = known.get(name)
    return failures && clock.now() - failures.last < FORGIVEN_AFTER ? failures : undefined
  }
  return {
    wait(...key) {
      if (known.size === 0) return 0 // as nearly always
      const failures = current(nameOf(key))
      if (!failures || failures.count <= free) return 0
      const delay = Math.min(LONGEST, 1000 * 2 ** (failures.count - free - 1))
      return Math.max(0, failures.last + delay - clock.now())
    },
    failed(...key) {
      const name = nameOf(key)
      known.set(name, { count: (current(name)?.count ?? 0) + 1, last: clock.now() })
    },
    succeeded: (...key) => known.delete(nameOf(key)),
  }
}

/** 429: the answer to a guess that comes too early. `wait`: milliseconds. */
export function tooManyFailures(wait: number): OAuthError {
  return new OAuthError('temporarily_unavailable', 'Too many failed attempts. Try again later.', {
    status: 429,
    headers: { 'retry-after': String(Math.ceil(wait / 1000)) },
    reason: 'too many failed attempts',
  })
}
