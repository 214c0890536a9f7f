/** A map bounded in bytes that forgets what was used longest ago. */
export interface SizedLru<V> {
  /** Counts as a use. */
  get(key: string): V | undefined
  /** One that is larger than all bytes together is not kept. */
  set(key: string, value: V, size: number): boolean
  delete(key: string): void
  readonly size: number
  readonly bytes: number
}

/** `onRemove` hears of everything that goes, for whatever reason. */
export function sizedLru<V>(capacity: number, onRemove: (value: V) => void): SizedLru<V> {
  const entries = new Map<string, { readonly value: V; readonly size: number }>() // in the order of their last use
  let bytes = 0
  const remove = (key: string): void => {
    const entry = entries.get(key)
    if (!entry) return
    entries.delete(key)
    bytes -= entry.size
    onRemove(entry.value)
  }
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, size) {
      remove(key)
      if (size > capacity) return false
      entries.set(key, { value, size })
      bytes += size
      for (const oldest of entries.keys()) {
        if (bytes <= capacity) break
        remove(oldest)
      }
      return true
    },
    delete: remove,
    get size() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
  }
}
