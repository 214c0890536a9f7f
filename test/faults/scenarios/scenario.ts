import type { ExecutionContext } from 'ava'
import type { Account } from '../account.ts'

/** A way in which things fail. `effort` 1 is as long as `npm run faults` takes; tests take less. */
export interface Scenario {
  readonly name: string
  /** What of the machine it needs and may be missing; undefined when it can run. */
  missing?(): string | undefined
  run(stage: ExecutionContext, effort: number): Promise<Account>
}
