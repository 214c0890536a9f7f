import type { Log } from '../core/log.ts'

/** Those who want to hear of something. */
export interface Listeners<T> {
  readonly size: number
  /** Returns what ends it. */
  add(listener: (value: T) => void): () => void
  /** Tells everyone. One who throws is logged and harms nobody else. */
  tell(value: T): void
}

export function listeners<T>(log: Log): Listeners<T> {
  const all = new Set<{ readonly hear: (value: T) => void }>()
  return {
    get size() {
      return all.size
    },
    add(hear) {
      const entry = { hear }
      all.add(entry)
      return () => {
        all.delete(entry)
      }
    },
    tell(value) {
      for (const { hear } of all) {
        try {
          hear(value)
        } catch (error) {
          log.error({ error: String(error) }, 'a listener to the store failed')
        }
      }
    },
  }
}
