import type { Api, Operation } from '../api/api.ts'
import { Problem } from '../core/problem.ts'
import { compileTarget } from '../upstream/target.ts'
import type { Plan, Step } from './call.ts'
import type { CredentialDeps } from './credentials/credential.ts'
import { credentialPlaces } from './credentials/index.ts'
import type { UpstreamPools } from './forward-pools.ts'
import { AUTHENTICATION, ORDER } from './policies/index.ts'
import { authenticate } from './security/authenticate.ts'

/** Gives the plan of an operation: made when it is first used, kept as long as the operation lives. */
export type Planner = (api: Api, operation: Operation) => Plan

export function createPlanner(deps: CredentialDeps, pools: UpstreamPools): Planner {
  const plans = new WeakMap<Operation, Plan>()
  return (api, operation) => {
    const known = plans.get(operation)
    if (known) return known
    const plan = compilePlan(api, operation, deps, pools)
    plans.set(operation, plan)
    return plan
  }
}

function compilePlan(api: Api, operation: Operation, deps: CredentialDeps, pools: UpstreamPools): Plan {
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

function compileSteps(api: Api, operation: Operation, deps: CredentialDeps): Step[] {
  if (operation.blocked) return [refuseBlocked]
  return ORDER.flatMap((entry): Step[] => {
    if (entry === AUTHENTICATION) {
      const step = authenticate(operation.security, api, deps)
      return step ? [step] : []
    }
    const settings = operation.policies.get(entry.name)
    return settings === undefined ? [] : [entry.create(settings)]
  })
}

/** Whoever asks: a blocked operation tells nobody whether their credentials are good. */
function refuseBlocked(): undefined {
  throw new Problem(403, 'blocked', 'This operation is blocked.')
}
