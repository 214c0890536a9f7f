import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'

/** What a process hands in; tests hand in a clock that is moved by hand, a log that is read. */
export interface GatewayDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly environment: (name: string) => string | undefined
}
