import type { Clock } from '../core/clock.ts'
import type { Library } from '../gateway/library.ts'
import type { DataPlane } from '../gateway/server.ts'
import { cacheMetrics } from '../metrics/caches.ts'
import { documentMetrics } from '../metrics/documents.ts'
import { feedMetrics } from '../metrics/feed.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { notificationMetrics } from '../metrics/notifications.ts'
import { processMetrics } from '../metrics/process.ts'
import { upstreamMetrics } from '../metrics/upstreams.ts'
import { notificationSamples } from '../notify/operate/metrics.ts'
import type { Notifications } from '../notify/operate/notifications.ts'
import type { OAuthServices } from '../oauth/services.ts'

export interface MeasuredParts {
  readonly services: OAuthServices
  readonly library: Library
  readonly notifications: Notifications
  readonly plane: Pick<DataPlane, 'report'>
  readonly clock: Clock
}

const NO_COUNTS = { hits: 0, misses: 0, entries: 0 }

/** Everything about a gateway that is read where it is kept when a collector comes. Returns what ends that. */
export function gatewayMetrics(metrics: Metrics, parts: MeasuredParts): () => void {
  const { services, library, notifications, plane, clock } = parts
  const ends = [feedMetrics(metrics, services), documentMetrics(metrics, library)]
  cacheMetrics(metrics, {
    access_tokens: () => services.accessTokens.counts?.() ?? NO_COUNTS,
    responses: () => plane.report().responses,
    clients: () => services.clients.counts?.() ?? NO_COUNTS,
  })
  notificationMetrics(metrics, async () => notificationSamples(await notifications.endpoints(), clock.now()))
  upstreamMetrics(metrics, plane)
  processMetrics(metrics)
  return () => {
    for (const end of ends) end()
  }
}
