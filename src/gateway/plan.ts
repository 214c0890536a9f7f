import type { Api, Operation } from '../api/api.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { Problem } from '../core/problem.ts'
import type { Random } from '../core/random.ts'
import { compileTarget } from '../upstream/target.ts'
import type { Plan, Step } from './call.ts'
import type { CredentialDeps } from './credentials/credential.ts'
import { credentialPlaces } from './credentials/index.ts'
import type { UpstreamPools } from './forward-pools.ts'
import type { TrustsPeer } from './forwarded.ts'
import { AUTHENTICATION, ORDER } from './policies/index.ts'
import { authenticate } from './security/authenticate.ts'

/** What operations are served with: what checks credentials, and what policies may use. */
export interface PlanDeps extends CredentialDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly trusts?: TrustsPeer
}

/** Gives the plan of an operation: made when it is first used, kept as long as the operation lives. */
export type Planner = (api: Api, operation: Operation) => Plan

export function createPlanner(deps: PlanDeps, pools: UpstreamPools): Planner {
  const plans = new WeakMap<Operation, Plan>()
  return (api, operation) => {
    const known = plans.get(operation)
    if (known) return known
    const plan = compilePlan(api, operation, deps, pools)
    plans.set(operation, plan)
    return plan
  }
}

function compilePlan(api: Api, operation: Operation, deps: PlanDeps, pools: UpstreamPools): Plan {
  const target = compileTarget(api.upstream, operation.upstreamUrl)
  const strip = api.authentication.enabled && api.authentication.strip
  return {
    operation,
    steps: compileSteps(api, operation, deps),
    target,
    pool: pools.poolFor(target),
    strip: strip ? credentialPlaces(api.securitySchemes.values()) : undefined,
  }
}

function compileSteps(api: Api, operation: Operation, deps: PlanDeps): Step[] {
  return ORDER.flatMap((entry): Step[] => {
    if (entry === AUTHENTICATION) {
      if (operation.blocked) return [refuseBlocked]
      const step = authenticate(operation.security, api, deps)
      return step ? [step] : []
    }
    const settings = operation.policies.get(entry.name)
    const step = settings === undefined ? undefined : entry.create(settings, { ...deps, api, operation })
    return step ? [step] : []
  })
}

/** Whoever asks: a blocked operation tells nobody whether their credentials are good. */
function refuseBlocked(): undefined {
  throw new Problem(403, 'blocked', 'This operation is blocked.')
}
