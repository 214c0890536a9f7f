import type { Api } from '../api/api.ts'
import type { Snapshot } from '../gateway/snapshot.ts'

/** What is derived from the live APIs, made anew only when they changed. */
export function perSnapshot<T>(current: () => Snapshot, derive: (apis: Iterable<Api>) => T): () => T {
  let of: Snapshot | undefined
  let value: T | undefined
  return () => {
    const snapshot = current()
    if (snapshot !== of || value === undefined) {
      of = snapshot
      value = derive(snapshot.apis.values())
    }
    return value
  }
}
