import { stopwatch } from '../core/stopwatch.ts'
import { type Store, StoreUnavailable } from '../store/store.ts'
import { type Bounds, type DurationHistogram, durationHistogram, histogramFamily } from './histogram.ts'
import type { MetricFamily, Metrics } from './metrics.ts'

/** Calls of a store that are measured. */
const MEASURED = [
  'get',
  'commit',
  'list',
  'increment',
  'meter',
  'claim',
  'queueState',
  'jobs',
  'job',
  'ping',
  'sweep',
] as const
type Measured = (typeof MEASURED)[number]

/** An embedded store answers in microseconds. */
const BOUNDS: Bounds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5]

/** The same store, with the time and the failures of its calls counted. */
export function measuredStore(store: Store, metrics: Metrics): Store {
  const latencies = new Map<string, DurationHistogram>(MEASURED.map((name) => [name, durationHistogram(BOUNDS)]))
  const failures = new Map<string, number>(MEASURED.map((name) => [name, 0]))
  metrics.read(() => [latencyFamily(latencies), failureFamily(failures)])
  const measured = Object.fromEntries(MEASURED.map((name) => [name, timed(store, name, latencies, failures)]))
  return {
    ...(store.clock ? { clock: store.clock } : {}),
    ...(measured as unknown as Pick<Store, Measured>),
    watch: (listener) => store.watch(listener),
    ...(store.export ? { export: () => (store.export as NonNullable<Store['export']>)() } : {}),
    close: () => store.close(),
  }
}

function timed(
  store: Store,
  name: Measured,
  latencies: ReadonlyMap<string, DurationHistogram>,
  failures: Map<string, number>,
): (...args: unknown[]) => Promise<unknown> {
  const call = store[name] as (...args: unknown[]) => Promise<unknown>
  const latency = latencies.get(name)
  return async (...args) => {
    const began = stopwatch()
    try {
      return await call.apply(store, args)
    } catch (error) {
      if (error instanceof StoreUnavailable) failures.set(name, (failures.get(name) ?? 0) + 1)
      throw error
    } finally {
      latency?.observe((stopwatch() - began) / 1000)
    }
  }
}

const latencyFamily = (latencies: ReadonlyMap<string, DurationHistogram>): MetricFamily =>
  histogramFamily(
    'gatehouse_store_seconds',
    'Time that calls of the store took, failed ones included.',
    'call',
    latencies,
  )

const failureFamily = (failures: ReadonlyMap<string, number>): MetricFamily => ({
  name: 'gatehouse_store_failures_total',
  help: 'Calls that the store did not answer.',
  type: 'counter',
  aggregator: 'sum',
  values: [...failures].map(([call, value]) => ({ labels: { call }, value })),
})
