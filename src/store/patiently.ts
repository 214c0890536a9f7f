import { systemClock } from '../core/clock.ts'
import { StoreUnavailable } from './store.ts'

const ATTEMPTS = 6
/** Milliseconds between two of them. */
const PAUSE = 500

/**
 * What `question` comes to; while the store cannot answer it is asked again, six times in all: for what a gateway must know
 * to start, because a store that is slow for a moment should not end it. Only for what may be done twice. Rejects with the
 * last `StoreUnavailable`, and at once with any other error.
 */
export async function patiently<T>(question: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await question()
    } catch (error) {
      if (!(error instanceof StoreUnavailable) || attempt === ATTEMPTS) throw error
    }
    await new Promise<void>((resolve) => systemClock.after(PAUSE, resolve))
  }
}
