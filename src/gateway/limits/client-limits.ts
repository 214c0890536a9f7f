import type { Api, Operation } from '../../api/api.ts'
import { limitsFor, type Rights } from '../../oauth/tokens/rights.ts'
import type { Step } from '../call.ts'
import { type LimitDeps, takeAll } from './limit-step.ts'
import type { Limiter } from './limiter.ts'
import { type Meter, quotaMeter, rateMeter } from './meter.ts'
import { tightest } from './tightest.ts'

/** Counts a call for the policies of its client: by client and policy, whichever token it came with. */
export function clientLimits(api: Api, operation: Operation, deps: LimitDeps & { readonly limiter: Limiter }): Step {
  const compiled = new WeakMap<Rights, readonly Meter[]>()
  return (call) => {
    const rights = call.principal?.rights
    if (!rights || (rights.limits.length === 0 && rights.sessionLimits.length === 0)) return undefined
    let meters = compiled.get(rights)
    if (!meters) {
      meters = metersFor(rights, deps.limiter, api.id, operation)
      compiled.set(rights, meters)
    }
    return takeAll(call, meters, deps)
  }
}

/** All meters of a client, or those that count for an operation. */
export function metersFor(rights: Rights, limiter: Limiter, apiId?: string, operation?: Operation): readonly Meter[] {
  const { rateLimits, quotas } = limitsFor(rights, apiId, operation)
  return tightest([
    ...rateLimits.map((limit) => rateMeter(limiter, `policy:${limit.name}`, limit.name, limit)),
    ...quotas.map((quota) => quotaMeter(limiter, `policy:${quota.name}`, quota.name, quota)),
  ])
}
