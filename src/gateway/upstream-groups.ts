import type { Api } from '../api/api.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { checkActively } from '../upstream/active-checks.ts'
import type { TargetHealth } from '../upstream/target-health.ts'
import type { UpstreamPools } from './forward-pools.ts'
import { probeTarget } from './forward-probe.ts'
import { createUpstreamGroup, type Upstream, type UpstreamGroup } from './upstream-group.ts'

/** All upstreams. One that is described alike is the same one, also in another document or snapshot: what is known stays. */
export interface UpstreamGroups {
  /** `url`: another place that an operation goes to. */
  groupFor(upstream: Upstream, url: string | undefined): UpstreamGroup
  /** These APIs are live, and no others: begins to check the health of their upstreams and ends it for the rest. */
  adopt(apis: Iterable<Api>): void
  /** What is known of every target now, and how often a request was sent again so far. */
  report(): UpstreamReport
  close(): void
}

export interface UpstreamReport {
  readonly targets: readonly { readonly target: string; readonly state: TargetHealth['state'] }[]
  readonly retries: number
}

export interface UpstreamGroupsDeps {
  readonly pools: UpstreamPools
  readonly clock: Clock
  readonly log: Log
}

interface Entry {
  readonly group: UpstreamGroup
  /** Present while its targets are checked. */
  stop?: () => void
}

export function createUpstreamGroups({ pools, clock, log }: UpstreamGroupsDeps): UpstreamGroups {
  const entries = new Map<string, Entry>()
  let retries = 0
  const entryFor = (upstream: Upstream, url: string | undefined): Entry => {
    const key = keyOf(upstream, url)
    const known = entries.get(key)
    if (known) return known
    const group = createUpstreamGroup(upstream, url, {
      pools,
      clock,
      onRetry: () => retries++,
      onEvent(target, event) {
        const isGood = event === 'healthy' || event === 'circuit closed'
        log[isGood ? 'info' : 'warn']({ target: target.origin, event }, 'the state of an upstream target changed')
      },
    })
    const entry = { group }
    entries.set(key, entry)
    return entry
  }
  const startChecks = (upstream: Upstream, entry: Entry): void => {
    const active = upstream.loadBalancing?.healthCheck.active
    if (!active || entry.stop) return
    const stops = entry.group.lanes.map(({ target, pool, health }) =>
      checkActively(active, health, (timeout) => probeTarget(pool, target, active.path, timeout, clock), clock),
    )
    entry.stop = () => {
      for (const stop of stops) stop()
    }
  }
  return {
    groupFor: (upstream, url) => entryFor(upstream, url).group,
    adopt(apis) {
      const live = new Set<string>()
      for (const { active, upstream, routes } of apis) {
        if (!active) continue
        live.add(keyOf(upstream, undefined))
        for (const { upstreamUrl } of routes.operations)
          if (upstreamUrl !== undefined) live.add(keyOf(upstream, upstreamUrl))
        if (upstream.loadBalancing?.healthCheck.active) startChecks(upstream, entryFor(upstream, undefined))
      }
      for (const [key, entry] of entries) {
        if (live.has(key)) continue
        entry.stop?.()
        entries.delete(key)
      }
    },
    report() {
      const lanes = [...entries.values()].flatMap(({ group }) => group.lanes)
      return { targets: lanes.map(({ target, health }) => ({ target: target.origin, state: health.state })), retries }
    },
    close() {
      for (const { stop } of entries.values()) stop?.()
    },
  }
}

function keyOf(upstream: Upstream, url: string | undefined): string {
  const { timeout, tls, basePath, preserveHostHeader, loadBalancing, circuitBreaker } = upstream
  const places = url ?? loadBalancing ?? upstream.url
  return JSON.stringify([places, timeout, tls, basePath, preserveHostHeader, circuitBreaker])
}
