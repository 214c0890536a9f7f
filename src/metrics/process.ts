import { stopwatch } from '../core/stopwatch.ts'
import type { MetricFamily, Metrics } from './metrics.ts'

/** CPU, memory and life time of this process, by the names that dashboards know. */
export function processMetrics(metrics: Metrics): void {
  let before = { at: stopwatch(), utilization: performance.eventLoopUtilization() }
  metrics.read(() => {
    const now = { at: stopwatch(), utilization: performance.eventLoopUtilization() }
    const { utilization } = performance.eventLoopUtilization(now.utilization, before.utilization)
    before = now
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    return [
      gauge('process_resident_memory_bytes', 'Memory of the gateway.', rss),
      gauge('nodejs_heap_size_used_bytes', 'JavaScript objects in memory.', heapUsed),
      gauge('nodejs_eventloop_utilization', 'Busy share of the time since the last collection.', utilization, 'max'),
      gauge('process_uptime_seconds', 'Time since the start.', process.uptime(), 'min'),
      {
        ...gauge('process_cpu_seconds_total', 'CPU time used.', (user + system) / 1e6),
        type: 'counter',
      },
      gauge('gatehouse_workers', 'Processes that serve.', 1),
    ]
  })
}

function gauge(
  name: string,
  help: string,
  value: number,
  aggregator: MetricFamily['aggregator'] = 'sum',
): MetricFamily {
  return { name, help, type: 'gauge', aggregator, values: [{ labels: {}, value }] }
}
