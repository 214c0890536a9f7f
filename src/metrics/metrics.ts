import { AggregatorRegistry, Registry } from 'prom-client'

/** All values of one name. */
export interface MetricFamily {
  /** With the prefix `gatehouse_`; the name of a counter ends in `_total`. */
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** How the values of several processes of one gateway become one. What all of them read from the store is no sum. */
  readonly aggregator: 'sum' | 'max' | 'min' | 'first' | 'average'
  readonly values: readonly MetricValue[]
}

export interface MetricValue {
  /** When it is not that of the family: `…_bucket`, `…_sum` and `…_count` of a histogram. */
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** The numbers of one gateway process. One instance for each gateway: nothing is registered globally. */
export interface Metrics {
  /** Counters, gauges and histograms of prom-client are made with `registers: [metrics.registry]`. */
  readonly registry: Registry
  /** Adds what is not counted here but read where it is kept, at each collection. Rejecting leaves it out this time. */
  read(source: () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>): void
  /** Everything as data, which can be sent to another process. */
  families(): Promise<readonly MetricFamily[]>
}

export function createMetrics(): Metrics {
  const registry = new Registry()
  const sources: (() => readonly MetricFamily[] | Promise<readonly MetricFamily[]>)[] = []
  return {
    registry,
    read: (source) => void sources.push(source),
    async families() {
      const registered = (await registry.getMetricsAsJSON()) as unknown as readonly MetricFamily[]
      const read = await Promise.allSettled(sources.map(async (source) => source()))
      return [...registered, ...read.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))]
    },
  }
}

/** What a collector reads. */
export interface MetricsPage {
  readonly type: string
  readonly text: string
}

/** The text for Prometheus of the families of one or several processes, added up as each family says. */
export async function metricsPage(processes: readonly (readonly MetricFamily[])[]): Promise<MetricsPage> {
  const total = AggregatorRegistry.aggregate(processes.map((families) => [...families]))
  return { type: total.contentType, text: await total.metrics() }
}
