import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { MetricFamily } from '../metrics/metrics.ts'

/** What a process hands in; tests hand in a clock that is moved by hand, a log that is read. */
export interface GatewayDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly environment: (name: string) => string | undefined
  /** The numbers of all processes of this gateway, when there are several. */
  readonly collect?: () => Promise<readonly (readonly MetricFamily[])[]>
}
