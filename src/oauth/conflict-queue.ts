import { OAuthError } from './errors.ts'

/** Runs tasks of one key one after another, tasks of different keys at the same time. */
type Serially = <T>(key: string, task: () => Promise<T>) => Promise<T>

/** `ok`: it is done. Else it has lost a race about the record with this id, and may be tried again. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly conflict: { readonly id: string } }

const ATTEMPTS = 16

/**
 * Tries again what lost a race about a record. Losers of this process queue up by the record, so that many who want to
 * change one do not undo each other's work over and over; losers against other processes try a few times.
 */
export function conflictQueue(): <T>(attempt: () => Promise<Attempt<T>>) => Promise<T> {
  const serially = queueByKey()
  return async (attempt) => {
    let outcome = await attempt()
    for (let count = 1; !outcome.ok; count++) {
      if (count >= ATTEMPTS) throw busy()
      outcome = await serially(outcome.conflict.id, attempt)
    }
    return outcome.value
  }
}

function queueByKey(): Serially {
  const tails = new Map<string, Promise<unknown>>()
  return <T>(key: string, task: () => Promise<T>): Promise<T> => {
    const before = tails.get(key) ?? Promise.resolve()
    const mine = before.then(task, task)
    tails.set(key, mine)
    const tidy = (): void => {
      if (tails.get(key) === mine) tails.delete(key)
    }
    mine.then(tidy, tidy)
    return mine
  }
}

const busy = (): OAuthError =>
  new OAuthError('temporarily_unavailable', 'Too many requests change the same grant.', {
    headers: { 'retry-after': '1' },
  })
