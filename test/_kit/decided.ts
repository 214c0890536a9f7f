import type { Answer } from './agent.ts'
import { until } from './until.ts'

/** The answer to a call that is made again while it says "later" (503), for a minute at most. For what may be done twice. */
export async function decided(call: () => Promise<Answer>): Promise<Answer> {
  let answer = await call()
  const isDecided = async (): Promise<boolean> => {
    if (answer.status === 503) answer = await call()
    return answer.status !== 503
  }
  await until(isDecided, () => answer.text)
  return answer
}
