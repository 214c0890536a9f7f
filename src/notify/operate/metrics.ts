import type { Instant } from '../../core/clock.ts'
import { LATENCIES } from '../statistics.ts'
import type { EndpointReport } from './report.ts'

/** One number for Prometheus; the last part of a counter's name is `total`. */
export interface MetricSample {
  readonly name: string
  readonly help: string
  readonly type: 'gauge' | 'counter'
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

type Measure = (report: EndpointReport, now: Instant) => number

const METRICS: readonly (readonly [type: MetricSample['type'], name: string, help: string, measure: Measure])[] = [
  [
    'gauge',
    'oldest_undelivered_age_seconds',
    'Age of the oldest event that has not arrived: the one to be alarmed by.',
    ({ oldestUndelivered }, now) => (oldestUndelivered === undefined ? 0 : (now - oldestUndelivered) / 1000),
  ],
  ['gauge', 'undelivered', 'Notifications that have not arrived.', ({ undelivered }) => undelivered],
  [
    'gauge',
    'outbox_used_ratio',
    'Undelivered notifications to capacity.',
    ({ endpoint, undelivered }) => (endpoint ? undelivered / endpoint.capacity : 0),
  ],
  ['gauge', 'replaying', 'Notifications that an operator sends again.', ({ replaying }) => replaying],
  ['gauge', 'in_flight', 'Attempts under way in this process.', ({ inFlight }) => inFlight],
  ['gauge', 'endpoint_disabled', '1 when the endpoint is disabled.', ({ state }) => (state === 'disabled' ? 1 : 0)],
  [
    'gauge',
    'endpoint_waiting',
    '1 while nothing is sent because attempts fail.',
    ({ state }) => (state === 'waiting' ? 1 : 0),
  ],
  ['counter', 'delivered_total', 'Attempts of this process that succeeded.', ({ own }) => own.delivered],
  ['counter', 'failed_attempts_total', 'Attempts of this process that failed.', ({ own }) => own.failed],
  ['counter', 'dead_letters_total', 'Notifications that this process gave up.', ({ own }) => own.dead],
  ['counter', 'dropped_total', 'Of these, those that had to make room in a full outbox.', ({ own }) => own.dropped],
  [
    'counter',
    'attempt_seconds_count',
    'Attempts of this process.',
    ({ own }) => own.latency.reduce((sum, count) => sum + count, 0),
  ],
  ['counter', 'attempt_seconds_sum', 'Time that attempts of this process took.', ({ own }) => own.time / 1000],
]

/** What is to be measured of notifications, labelled by endpoint; `now` is in milliseconds. */
export function notificationSamples(reports: readonly EndpointReport[], now: Instant): readonly MetricSample[] {
  return reports.flatMap((report) => [
    ...METRICS.map(([type, name, help, measure]) => ({
      type,
      name: `gatehouse_notifications_${name}`,
      help,
      labels: { endpoint: report.id },
      value: measure(report, now),
    })),
    ...latencySamples(report),
  ])
}

/** Attempts by latency, cumulative as Prometheus wants its buckets. */
function latencySamples({ id, own }: EndpointReport): readonly MetricSample[] {
  let sum = 0
  return LATENCIES.map((bound, index) => {
    sum += own.latency[index] ?? 0
    const le = Number.isFinite(bound) ? String(bound / 1000) : '+Inf'
    return {
      type: 'counter' as const,
      name: 'gatehouse_notifications_attempt_seconds_bucket',
      help: 'Attempts of this process that took at most so long.',
      labels: { endpoint: id, le },
      value: sum,
    }
  })
}
