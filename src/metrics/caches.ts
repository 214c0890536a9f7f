import type { Metrics } from './metrics.ts'

/** What a cache says about itself. */
export interface CacheCounts {
  readonly hits: number
  readonly misses: number
  readonly entries: number
}

/** Measures caches by their names. */
export function cacheMetrics(metrics: Metrics, caches: Readonly<Record<string, () => CacheCounts>>): void {
  metrics.read(() => {
    const counts = Object.entries(caches).map(([cache, read]) => ({ cache, ...read() }))
    return [
      {
        name: 'gatehouse_cache_lookups_total',
        help: 'Look-ups in memory before the store is asked.',
        type: 'counter',
        aggregator: 'sum',
        values: counts.flatMap(({ cache, hits, misses }) => [
          { labels: { cache, outcome: 'hit' }, value: hits },
          { labels: { cache, outcome: 'miss' }, value: misses },
        ]),
      },
      {
        name: 'gatehouse_cache_entries',
        help: 'Entries that are kept in memory.',
        type: 'gauge',
        aggregator: 'sum',
        values: counts.map(({ cache, entries }) => ({ labels: { cache }, value: entries })),
      },
    ]
  })
}
