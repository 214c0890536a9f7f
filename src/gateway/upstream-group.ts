import type { UpstreamSettings } from '../api/settings/upstream.ts'
import type { Clock } from '../core/clock.ts'
import { type Balanced, type Balancer, createBalancer } from '../upstream/balancer.ts'
import { createRetryBudget, type RetryBudget } from '../upstream/retry-budget.ts'
import { compileTarget, type Target } from '../upstream/target.ts'
import { createTargetHealth, type HealthEvent } from '../upstream/target-health.ts'
import type { UpstreamPool, UpstreamPools } from './forward-pools.ts'

/** One of the places that a request may go to, with the connections to it and what is known of it. */
export interface Lane extends Balanced {
  readonly target: Target
  readonly pool: UpstreamPool
}

/** The places that are one upstream. */
export interface UpstreamGroup {
  readonly lanes: readonly Lane[]
  /** Where the next request goes, or the next attempt of one that was at `tried`; undefined when nobody may be asked. */
  readonly pick: Balancer<Lane>
  /** Of this upstream as a whole. */
  readonly budget: RetryBudget
}

export interface GroupDeps {
  readonly pools: UpstreamPools
  readonly clock: Clock
  readonly onRetry: () => void
  readonly onEvent: (target: Target, event: HealthEvent) => void
}

/** What a document says of its upstream, with the URL that the compiler has settled on. */
export type Upstream = UpstreamSettings & { readonly url: string }

/** `url`: another place that an operation goes to; it is no part of the balanced targets. */
export function createUpstreamGroup(upstream: Upstream, url: string | undefined, deps: GroupDeps): UpstreamGroup {
  const { loadBalancing, circuitBreaker } = upstream
  const targets =
    url === undefined && loadBalancing
      ? loadBalancing.targets.map((one) => ({
          weight: one.weight,
          target: compileTarget({ ...upstream, url: one.url }),
        }))
      : [{ weight: 1, target: compileTarget(upstream, url) }]
  const { passive } = loadBalancing?.healthCheck ?? {}
  const settings = {
    ...(targets.length > 1 && passive?.enabled ? { passive } : {}),
    ...(circuitBreaker?.enabled ? { breaker: circuitBreaker } : {}),
  }
  const lanes = targets.map(({ weight, target }) => ({
    weight,
    target,
    pool: deps.pools.poolFor(target),
    health: createTargetHealth(settings, deps.clock, (event) => deps.onEvent(target, event)),
  }))
  return { lanes, pick: createBalancer(lanes), budget: createRetryBudget(deps.onRetry) }
}
