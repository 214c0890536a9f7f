import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Store } from './store.ts'

/** What one sweep may remove, so that none is felt; milliseconds to the next one, and to it when there is more. */
const LIMIT = 2000
const INTERVAL = 1000
const MORE = 200

/** Removes what has expired, a little at a time. Returns what ends it. */
export function sweepRegularly(store: Store, { clock, log }: { readonly clock: Clock; readonly log: Log }): () => void {
  let cancel = (): void => {}
  let ended = false
  const next = (delay: number): void => {
    if (!ended) cancel = clock.after(delay, turn)
  }
  const turn = (): void => {
    store.sweep(LIMIT).then(
      (removed) => next(removed < LIMIT ? INTERVAL : MORE),
      (error: unknown) => {
        log.warn({ error: String(error) }, 'what has expired could not be removed')
        next(INTERVAL)
      },
    )
  }
  next(INTERVAL)
  return () => {
    ended = true
    cancel()
  }
}
