import type { EndedRequest } from '../gateway/ended-request.ts'
import { type DurationHistogram, durationHistogram, histogramFamily, NETWORK_BOUNDS } from './histogram.ts'
import type { MetricFamily, Metrics } from './metrics.ts'

/** Combinations of API, operation and status at most; what comes later counts as the operation `other`. */
const MAX_SERIES = 10_000

/** Of a request that has ended. */
type Counted = Pick<EndedRequest, 'api' | 'operation' | 'status' | 'duration'>

interface Series {
  readonly labels: { readonly api: string; readonly operation: string; readonly status: string }
  value: number
}

/** Counts requests by API, operation and status, and how long they took by API. Returns what is to be told of each. */
export function requestMetrics(metrics: Metrics): (request: Counted) => void {
  const series = new Map<string, Series>()
  const durations = new Map<string, DurationHistogram>()
  metrics.read(() => [requestsFamily(series), durationsFamily(durations)])
  const seriesOf = (api: string, operation: string, status: number): Series => {
    const key = `${status} ${api} ${operation}`
    const known = series.get(key)
    if (known) return known
    if (series.size >= MAX_SERIES && operation !== 'other') return seriesOf(api, 'other', status)
    const fresh = { labels: { api, operation, status: String(status) }, value: 0 }
    series.set(key, fresh)
    return fresh
  }
  return ({ api = '', operation = '', status, duration }) => {
    seriesOf(api, operation, status).value++
    let histogram = durations.get(api)
    if (!histogram) {
      histogram = durationHistogram(NETWORK_BOUNDS)
      durations.set(api, histogram)
    }
    histogram.observe(duration / 1000)
  }
}

const requestsFamily = (series: ReadonlyMap<string, Series>): MetricFamily => ({
  name: 'gatehouse_requests_total',
  help: 'Requests by API, operation of its document (or path of its OAuth endpoint) and status; 499: the client left.',
  type: 'counter',
  aggregator: 'sum',
  values: [...series.values()].map(({ labels, value }) => ({ labels, value })),
})

const durationsFamily = (durations: ReadonlyMap<string, DurationHistogram>): MetricFamily =>
  histogramFamily(
    'gatehouse_request_duration_seconds',
    'Time from the head of a request to the end of its answer, by API.',
    'api',
    durations,
  )
