import type { Clock, Instant } from '../../core/clock.ts'
import { lru } from '../../core/lru.ts'
import type { Mark, Store } from '../../store/store.ts'

/** A bounded memory of what the store said, which forgets at the marks that concern it. */
export interface MarkedCache<V> {
  /** What is known under `key` and certainly still true. */
  get(key: string): V | undefined
  /** To be called before the store is read; what it returns goes into `put`. */
  begin(): number
  /** `concerns`: the marks (`concern(topic, id)`) after which `value` must be asked for again. `until`: at the latest. */
  put(
    key: string,
    value: V,
    options: { readonly since: number; readonly until: Instant; readonly concerns: readonly string[] },
  ): void
  /** How many look-ups it has answered, how many went to the store, and what it holds. */
  counts(): { readonly hits: number; readonly misses: number; readonly entries: number }
  close(): void
}

interface Held<V> {
  readonly value: V
  readonly until: Instant
  readonly concerns: readonly string[]
  /** The number of the last mark that is known not to concern it. */
  checked: number
}

/** Marks older than this may be missing, and what is held must not be trusted any more (milliseconds). */
const MAX_SILENCE = 2000
/** More marks than this within `ttl` empty the cache instead of being remembered one by one. */
const MAX_MARKS = 100_000

/** How a mark is named among the concerns of an entry. */
export const concern = (topic: string, id: string): string => `${topic}:${id}`

/** `capacity`: entries; `ttl`: milliseconds that an entry is held at most. */
export function createMarkedCache<V>(options: {
  readonly store: Store
  readonly clock: Clock
  readonly capacity: number
  readonly ttl: number
}): MarkedCache<V> {
  const { clock, ttl } = options
  const held = lru<string, Held<V>>(options.capacity)
  const marks = recentMarks(clock, ttl, () => held.clear())
  const watch = options.store.watch(marks.note)
  let hits = 0
  let misses = 0

  const stillTrue = (entry: Held<V>): boolean => {
    if (entry.checked < marks.floor()) return false
    if (entry.concerns.some((name) => marks.last(name) > entry.checked)) return false
    entry.checked = marks.count()
    return true
  }
  return {
    get(key) {
      const entry = held.get(key)
      if (!entry) return undefined
      const now = clock.now()
      if (now < entry.until && now - watch.freshAt() <= MAX_SILENCE) {
        if (entry.checked === marks.count() || stillTrue(entry)) {
          hits++
          return entry.value
        }
        held.delete(key)
      }
      return undefined
    },
    begin() {
      misses++
      return marks.count()
    },
    put(key, value, { since, until, concerns }) {
      held.set(key, { value, until: Math.min(until, clock.now() + ttl), concerns, checked: since })
    },
    counts: () => ({ hits, misses, entries: held.size }),
    close() {
      watch.close()
      held.clear()
    },
  }
}

/**
 * Numbers the marks as they come and remembers the last number of each name for at least `ttl`: no entry is older, so
 * older marks concern none.
 */
function recentMarks(clock: Clock, ttl: number, forgetAll: () => void) {
  let count = 0
  let floor = 0
  let young = new Map<string, number>()
  let old = new Map<string, number>()
  let youngSince = clock.now()
  return {
    note(mark: Mark): void {
      const now = clock.now()
      if (now - youngSince > ttl) {
        old = young
        young = new Map()
        youngSince = now
      }
      count += 1
      young.set(concern(mark.topic, mark.id), count)
      if (young.size < MAX_MARKS) return
      forgetAll()
      young = new Map()
      old = new Map()
      floor = count // whatever was read before now may be concerned by a mark that was just forgotten
    },
    count: (): number => count,
    floor: (): number => floor,
    last: (name: string): number => young.get(name) ?? old.get(name) ?? 0,
  }
}
