import type { MetricSample } from '../notify/operate/metrics.ts'
import type { MetricFamily, Metrics } from './metrics.ts'

/** Parts of a histogram, by the end of their names. */
const PART = /_(?:bucket|sum|count)$/

/** Shows the samples of notifications, which are partly read from the store. */
export function notificationMetrics(metrics: Metrics, read: () => Promise<readonly MetricSample[]>): void {
  metrics.read(async () => familiesOf(await read()))
}

/** Samples of one name become a family; buckets, sum and count of one histogram are one family. */
function familiesOf(samples: readonly MetricSample[]): readonly MetricFamily[] {
  return [...Map.groupBy(samples, ({ name }) => name.replace(PART, ''))].map(([name, members]) => {
    const [first] = members
    const isHistogram = members.some((one) => one.name !== name)
    return {
      name,
      help: first?.help ?? '',
      type: isHistogram ? 'histogram' : (first?.type ?? 'gauge'),
      // Counters are of one process each; gauges are of the store, which all processes share.
      aggregator: first?.type === 'gauge' && !name.endsWith('_in_flight') ? 'max' : 'sum',
      values: members.map((one) => ({ metricName: one.name, labels: one.labels, value: one.value })),
    }
  })
}
