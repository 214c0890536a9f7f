import type { UsageRow } from '../usage/slice.ts'
import { LATENCY_BOUNDS } from '../usage/tally.ts'
import type { MetricFamily, Metrics, MetricValue } from './metrics.ts'

/** Shows what was counted by client, and how long operations took. The recorder bounds how many of each there are. */
export function usageMetrics(metrics: Metrics, totals: () => Iterable<UsageRow>): void {
  metrics.read(() => {
    const rows = [...totals()]
    return [requestsFamily(rows), tokensFamily(rows), durationsFamily(rows)]
  })
}

function requestsFamily(rows: readonly UsageRow[]): MetricFamily {
  const sums = new Map<string, MetricValue & { value: number }>()
  for (const { api, client, tally } of rows) {
    for (const [status, amount] of Object.entries(tally.statuses)) {
      addTo(sums, { api, client, status }, amount)
    }
  }
  return {
    name: 'gatehouse_client_requests_total',
    help: 'Requests by API, client and status; a client is empty where nobody was authenticated.',
    type: 'counter',
    aggregator: 'sum',
    values: [...sums.values()],
  }
}

function tokensFamily(rows: readonly UsageRow[]): MetricFamily {
  const sums = new Map<string, MetricValue & { value: number }>()
  for (const { api, client, tally } of rows) if (tally.tokens > 0) addTo(sums, { api, client }, tally.tokens)
  return {
    name: 'gatehouse_client_tokens_issued_total',
    help: 'Access tokens issued by API and client.',
    type: 'counter',
    aggregator: 'sum',
    values: [...sums.values()],
  }
}

type Sum = MetricValue & { value: number }

function addTo(sums: Map<string, Sum>, labels: Readonly<Record<string, string>>, amount: number): void {
  const key = JSON.stringify(labels)
  const known = sums.get(key)
  if (known) known.value += amount
  else sums.set(key, { labels, value: amount })
}

const DURATIONS = 'gatehouse_operation_duration_seconds'

function durationsFamily(rows: readonly UsageRow[]): MetricFamily {
  const byOperation = Map.groupBy(rows, ({ api, operation }) => JSON.stringify([api, operation]))
  const values = [...byOperation.values()].flatMap((same) => {
    const { api = '', operation = '' } = same[0] ?? {}
    const classes = LATENCY_BOUNDS.map(() => 0).concat(0)
    let time = 0
    for (const { tally } of same) {
      time += tally.time
      for (const [index, amount] of tally.latencies.entries()) classes[index] = (classes[index] ?? 0) + amount
    }
    return histogramValues({ api, operation }, classes, time / 1000)
  })
  return {
    name: DURATIONS,
    help: 'Time from the head of a request to the end of its answer, by API and operation.',
    type: 'histogram',
    aggregator: 'sum',
    values,
  }
}

function histogramValues(labels: MetricValue['labels'], classes: readonly number[], sum: number): MetricValue[] {
  let count = 0
  const buckets = classes.map((amount, index) => {
    count += amount
    const bound = LATENCY_BOUNDS[index]
    return {
      metricName: `${DURATIONS}_bucket`,
      labels: { ...labels, le: bound === undefined ? '+Inf' : bound / 1000 },
      value: count,
    }
  })
  const whole = { metricName: `${DURATIONS}_sum`, labels, value: sum }
  return [...buckets, whole, { metricName: `${DURATIONS}_count`, labels, value: count }]
}
