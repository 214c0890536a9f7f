import { Counter } from 'prom-client'
import type { Library } from '../gateway/library.ts'
import type { Metrics } from './metrics.ts'

/** Counts documents by state and how often one changed. Returns what ends that. */
export function documentMetrics(metrics: Metrics, library: Library): () => void {
  const reloads = new Counter({
    name: 'gatehouse_document_reloads_total',
    help: 'Documents that were read anew, by the state they came to.',
    labelNames: ['state'],
    registers: [metrics.registry],
  })
  metrics.read(() => [
    {
      name: 'gatehouse_documents',
      help: 'Documents by state; stale: the last good version is served.',
      type: 'gauge',
      aggregator: 'max',
      values: (['live', 'stale', 'down'] as const).map((state) => ({
        labels: { state },
        value: library.documents().filter(({ status }) => status === state).length,
      })),
    },
  ])
  return library.onChange(({ changed, removed }) => {
    for (const { status } of changed) reloads.inc({ state: status })
    if (removed.length > 0) reloads.inc({ state: 'removed' }, removed.length)
  })
}
