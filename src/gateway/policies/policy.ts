import type { z } from 'zod'
import type { Api, Operation } from '../../api/api.ts'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Random } from '../../core/random.ts'
import type { ResponseCache } from '../cache/response-cache.ts'
import type { Step } from '../call.ts'
import type { TrustsPeer } from '../forwarded.ts'
import type { Limiter } from '../limits/limiter.ts'
import type { RequestChecks } from '../validation/request-check.ts'

/** What a policy may work with: what it applies to, and the rest of the gateway. */
export interface PolicyDeps {
  readonly api: Api
  readonly operation: Operation
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limiter: Limiter
  readonly responses: ResponseCache
  readonly requestChecks: RequestChecks
  readonly trusts?: TrustsPeer
}

/** Something that can be asked for in a document, for everything or for an operation: one file, one line in `index.ts`. */
export interface Policy<Schema extends z.ZodType = z.ZodType> {
  /** Its key under `middleware`. */
  readonly name: string
  /** Checks the settings, and describes them in the schema and the documentation. */
  readonly settings: Schema
  /** Settings that hold where the document says nothing of the policy; it applies nowhere else without being named. */
  initial?(deps: Pick<PolicyDeps, 'api' | 'operation'>): z.output<Schema> | undefined
  /**
   * Called once for each operation that the policy applies to, when the operation is first used. Undefined where the
   * settings come to nothing.
   */
  create(settings: z.output<Schema>, deps: PolicyDeps): Step | undefined
}

/** Forgets the type of the settings: `settings` has checked them before `create` sees them. */
export function definePolicy<Schema extends z.ZodType>(policy: Policy<Schema>): Policy {
  return { ...policy, create: (settings, deps) => policy.create(settings as z.output<Schema>, deps) }
}
