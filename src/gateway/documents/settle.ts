import type { Clock, Instant } from '../../core/clock.ts'

/** Collects names until there is quiet. */
export interface Settle {
  add(name: string | 'all'): void
  cancel(): void
}

/**
 * Hands on the names that were added once none came for `quiet` milliseconds, at the latest `longest` milliseconds after
 * the first: writing a file is several events, and a folder that is always written to must not wait for ever.
 */
export function settle(
  clock: Clock,
  times: { readonly quiet: number; readonly longest: number },
  flush: (names: ReadonlySet<string> | 'all') => void,
): Settle {
  let names = new Set<string>()
  let first: Instant | undefined
  let cancel = (): void => undefined
  const run = (): void => {
    const collected = names
    names = new Set()
    first = undefined
    flush(collected.has('all') ? 'all' : collected)
  }
  return {
    add(name) {
      names.add(name)
      first ??= clock.now()
      cancel()
      cancel = clock.after(Math.max(0, Math.min(times.quiet, first + times.longest - clock.now())), run)
    },
    cancel: () => cancel(),
  }
}
