import { lru } from '../../core/lru.ts'
import type { Counted, Verdict } from './limiter.ts'
import { newTally, type SharedCountsOptions, settle, type Tally, verdict } from './tally.ts'
import { createUntold } from './untold.ts'

/** Keys that are remembered; forgotten ones ask the store again. */
const TALLIES = 100_000

/**
 * Counts that several processes share, with a fast path: as long as the credit of a key lasts, requests are let through at
 * once and told of in the background; when it does not, they wait for the store, all that came meanwhile in one question.
 */
export function createSharedCounts<L>(options: SharedCountsOptions<L>): Counted<L> & { close(): Promise<void> } {
  const { clock, most } = options
  const tallies = lru<string, Tally<L>>(TALLIES)
  const untold = createUntold(options)
  const tallyOf = (key: string, limit: L): Tally<L> => {
    const known = tallies.get(key)
    if (known) {
      known.limit = limit
      return known
    }
    const fresh = newTally(key, limit)
    tallies.set(key, fresh)
    return fresh
  }
  const atOnce = (tally: Tally<L>): Verdict | undefined => {
    const { limit, count, nextFree } = tally
    if (count === undefined || tally.waiters.length > 0) return undefined
    const now = clock.now()
    const used = tally.pending + tally.flying
    if (count >= most(limit) && nextFree !== undefined && now < nextFree) return verdict(tally, false, most(limit), now)
    if (used >= options.credit(limit, count)) return undefined
    tally.pending++
    untold.add(tally)
    return verdict(tally, true, most(limit), now)
  }
  return {
    take(key, limit) {
      const tally = tallyOf(key, limit)
      return (
        atOnce(tally) ??
        new Promise((resolve, reject) => {
          tally.waiters.push({ resolve, reject })
          untold.askSoon(tally)
        })
      )
    },
    async look(key, limit) {
      const tally = tallyOf(key, limit)
      const told = await options.ask({ key, limit, add: 0, want: 0 })
      if (!tally.asking) settle(tally, told)
      return verdict(tally, told.count < most(limit), most(limit), clock.now())
    },
    close: () => untold.close(),
  }
}
