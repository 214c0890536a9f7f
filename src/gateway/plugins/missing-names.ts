import type { Clock, Instant } from '../../core/clock.ts'

/** Remembers since when names are missing. */
export interface MissingNames {
  /**
   * Of the names that are known and were not found, those that have been missing for `grace` milliseconds: they have `gone`.
   * `waiting`: others are missing for a shorter time, and may come back.
   */
  among(
    known: readonly string[],
    found: ReadonlyMap<string, unknown>,
    grace: number,
  ): { readonly gone: readonly string[]; readonly waiting: boolean }
}

export function missingNames(clock: Clock): MissingNames {
  const since = new Map<string, Instant>()
  return {
    among(known, found, grace) {
      const now = clock.now()
      for (const name of found.keys()) since.delete(name)
      const missing = known.filter((name) => !found.has(name))
      for (const name of missing) since.set(name, since.get(name) ?? now)
      const gone = missing.filter((name) => now - (since.get(name) ?? now) >= grace)
      for (const name of gone) since.delete(name)
      return { gone, waiting: gone.length < missing.length }
    },
  }
}
