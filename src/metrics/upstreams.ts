import type { DataPlane } from '../gateway/server.ts'
import type { Metrics } from './metrics.ts'

/** Measures the upstreams and the answers that are kept of them. */
export function upstreamMetrics(metrics: Metrics, plane: Pick<DataPlane, 'report'>): void {
  metrics.read(() => {
    const { upstreams, responses, webSockets, upstreamTokens } = plane.report()
    const targets = new Map<string, boolean>()
    // One place may belong to several upstreams; it is up where all of them say so.
    for (const { target, state } of upstreams.targets) {
      targets.set(target, (targets.get(target) ?? true) && state === 'healthy')
    }
    return [
      {
        name: 'gatehouse_upstream_target_up',
        help: 'Whether a target gets requests: 0 when checks find it unwell, it fails again and again, or its circuit is open.',
        type: 'gauge',
        aggregator: 'min',
        values: [...targets].map(([target, up]) => ({ labels: { target }, value: up ? 1 : 0 })),
      },
      {
        name: 'gatehouse_upstream_retries_total',
        help: 'Requests that were sent to an upstream again.',
        type: 'counter',
        aggregator: 'sum',
        values: [{ labels: {}, value: upstreams.retries }],
      },
      {
        name: 'gatehouse_upstream_token_requests_total',
        help: 'Requests for access tokens to authenticate at upstreams with.',
        type: 'counter',
        aggregator: 'sum',
        values: Object.entries(upstreamTokens).map(([outcome, value]) => ({ labels: { outcome }, value })),
      },
      {
        name: 'gatehouse_websockets_open',
        help: 'WebSockets that are open.',
        type: 'gauge',
        aggregator: 'sum',
        values: [{ labels: {}, value: webSockets }],
      },
      {
        name: 'gatehouse_response_cache_bytes',
        help: 'Memory that kept answers take.',
        type: 'gauge',
        aggregator: 'sum',
        values: [{ labels: {}, value: responses.bytes }],
      },
    ]
  })
}
