/** A map bounded in size that forgets what was used longest ago. */
export interface Lru<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
  clear(): void
  readonly size: number
}

/** `capacity` is the greatest number of entries, at least 1. */
export function lru<K, V>(capacity: number): Lru<K, V> {
  // Two generations instead of a linked list: a hit in the old one is promoted, a full new one becomes the old one.
  // At most `capacity` entries live, and a hit in the new one costs a single look-up.
  const half = Math.max(1, Math.ceil(capacity / 2))
  let young = new Map<K, V>()
  let old = new Map<K, V>()
  const set = (key: K, value: V): void => {
    if (young.size >= half && !young.has(key)) {
      old = young
      young = new Map()
    }
    young.set(key, value)
  }
  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) {
        old.delete(key)
        set(key, older)
      }
      return older
    },
    set,
    delete(key) {
      young.delete(key)
      old.delete(key)
    },
    clear() {
      young.clear()
      old.clear()
    },
    get size() {
      return young.size + old.size
    },
  }
}
