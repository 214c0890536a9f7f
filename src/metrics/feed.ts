import type { Clock } from '../core/clock.ts'
import type { Store } from '../store/store.ts'
import type { Metrics } from './metrics.ts'

/** Measures the feed by which processes learn of revocations. Returns what ends that. */
export function feedMetrics(metrics: Metrics, { store, clock }: { readonly store: Store; readonly clock: Clock }) {
  const heard = new Map<string, number>()
  const watch = store.watch(({ topic }) => heard.set(topic, (heard.get(topic) ?? 0) + 1))
  metrics.read(() => [
    {
      name: 'gatehouse_feed_lag_seconds',
      help: 'How old the newest certain knowledge of revocations is; beyond 2 seconds caches are not trusted.',
      type: 'gauge',
      aggregator: 'max',
      values: [{ labels: {}, value: Math.max(0, clock.now() - watch.freshAt()) / 1000 }],
    },
    {
      name: 'gatehouse_feed_marks_total',
      help: 'Marks heard: revoked tokens and grants, changed clients, ended subjects.',
      type: 'counter',
      aggregator: 'sum',
      values: [...heard].map(([topic, value]) => ({ labels: { topic }, value })),
    },
  ])
  return () => watch.close()
}
