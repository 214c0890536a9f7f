import type { Settings } from '../config/settings.ts'
import { addressRanges } from '../core/address-ranges.ts'
import { createAccessLog } from '../gateway/access-log.ts'
import type { EndedRequest } from '../gateway/ended-request.ts'
import type { Sampler } from '../gateway/tracing/sampler.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { requestMetrics } from '../metrics/requests.ts'
import { tokenMetrics } from '../metrics/tokens.ts'
import { usageMetrics } from '../metrics/usage.ts'
import type { TokenObserver } from '../oauth/token-observer.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Store } from '../store/store.ts'
import { createUsageRecorder, type UsageRecorder } from '../usage/recorder.ts'
import type { GatewayDeps } from './deps.ts'
import { createTracing } from './tracing.ts'

/** Everything that writes down what happens. */
export interface Recording {
  readonly usage: UsageRecorder
  /** To be told of every request that has ended. */
  ended(request: EndedRequest): void
  /** To be told of what the authorization servers do. */
  readonly observer: TokenObserver
  /** Which requests are traced. */
  readonly sampler: Sampler | undefined
  close(): Promise<void>
}

export interface RecordingParts extends GatewayDeps {
  readonly settings: Settings
  readonly store: Store
  readonly metrics: Metrics
  readonly outbound: Outbound
}

export function createRecording(parts: RecordingParts): Recording {
  const { settings, metrics, log } = parts
  const { accessLog, trustedProxies } = settings
  const writeLine = accessLog && createAccessLog(accessLog, log, addressRanges(trustedProxies))
  const tracing = createTracing(parts)
  const usage = createUsageRecorder(parts)
  usageMetrics(metrics, () => usage.totals())
  const countRequest = requestMetrics(metrics)
  const tokens = tokenMetrics(metrics)
  return {
    usage,
    ended(request) {
      countRequest(request)
      usage.request(request)
      writeLine?.(request)
      tracing?.ended(request)
    },
    observer: {
      refused: tokens.refused,
      issued(api, scheme, grantType, clientId) {
        tokens.issued(api, scheme, grantType, clientId)
        usage.tokenIssued(api, clientId)
      },
    },
    sampler: tracing?.sampler,
    async close() {
      await Promise.all([usage.close(), tracing?.close()])
    },
  }
}
