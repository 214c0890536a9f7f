import { StoreUnavailable } from '../../src/store/store.ts'
import { until } from './until.ts'

/**
 * What a call of a store comes to that is made again while the store cannot answer, for a minute at most. For what may be
 * done twice. Rejects at once with any error besides `StoreUnavailable`.
 */
export async function available<T>(call: () => Promise<T>): Promise<T> {
  const answers: T[] = []
  await until(() => call().then((answer) => answers.push(answer) > 0, notYet))
  return answers[0] as T
}

function notYet(error: unknown): false {
  if (!(error instanceof StoreUnavailable)) throw error
  return false
}
