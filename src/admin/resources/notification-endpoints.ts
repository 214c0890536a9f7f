import { Problem } from '../../core/problem.ts'
import type { Health } from '../../notify/health.ts'
import { webhookKeySet } from '../../notify/key-set.ts'
import type { Notifications } from '../../notify/operate/notifications.ts'
import type { EndpointReport } from '../../notify/operate/report.ts'
import { type Counts, LATENCIES } from '../../notify/statistics.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'

/** The receivers of notifications: how they fare, a test, off and on. Stand before `notificationRoutes`. */
export function notificationEndpointRoutes(notifications: Notifications): readonly AdminRoute[] {
  const list = '/api/notifications/endpoints'
  const one = `${list}/:endpoint`
  return [
    { method: 'GET', path: list, action: 'notification-endpoint.list', handle: () => listAll(notifications) },
    {
      method: 'GET',
      path: one,
      action: 'notification-endpoint.get',
      handle: ({ params }) => getOne(params['endpoint'] ?? '', notifications),
    },
    {
      method: 'POST',
      path: `${one}/test`,
      action: 'notification-endpoint.test',
      handle: (request) => sendTest(request, notifications),
    },
    {
      method: 'POST',
      path: `${one}/enable`,
      action: 'notification-endpoint.enable',
      handle: (request) => setEnabled(request, notifications, true),
    },
    {
      method: 'POST',
      path: `${one}/disable`,
      action: 'notification-endpoint.disable',
      handle: (request) => setEnabled(request, notifications, false),
    },
  ]
}

async function listAll(notifications: Notifications): Promise<AdminAnswer> {
  return { status: 200, body: { data: (await notifications.endpoints()).map(endpointView) } }
}

async function getOne(id: string, notifications: Notifications): Promise<AdminAnswer> {
  const report = await notifications.endpoint(id)
  if (!report) throw unknownEndpoint()
  return { status: 200, body: endpointView(report) }
}

const unknownEndpoint = (): Problem => new Problem(404, 'not_found', 'There is no such endpoint.')

async function sendTest({ params }: AdminRequest, notifications: Notifications): Promise<AdminAnswer> {
  const endpoint = params['endpoint'] ?? ''
  const id = await notifications.test(endpoint)
  if (id === undefined) throw unknownEndpoint()
  return { status: 202, body: { id }, audit: { endpoint, notification: id } }
}

async function setEnabled({ params }: AdminRequest, notifications: Notifications, on: boolean): Promise<AdminAnswer> {
  const endpoint = params['endpoint'] ?? ''
  const done = on ? await notifications.enable(endpoint) : await notifications.disable(endpoint)
  if (!done) throw unknownEndpoint()
  return { ...(await getOne(endpoint, notifications)), audit: { endpoint } }
}

/** An endpoint as operators see it: where it leads, but neither secrets nor the query of its URL. */
function endpointView(report: EndpointReport): Readonly<Record<string, unknown>> {
  const { endpoint, lastDeliveredAt, oldestUndelivered } = report
  return {
    id: report.id,
    live: endpoint !== undefined,
    ...(endpoint ? { api_id: endpoint.api, scheme: endpoint.scheme, url: withoutQuery(endpoint.url) } : {}),
    ...(endpoint ? { events: [...endpoint.events] } : {}),
    ...(endpoint?.signingKey ? { public_key: webhookKeySet([endpoint]).keys[0]?.['whpk'] } : {}),
    state: report.state,
    ...healthView(report.health),
    ...(lastDeliveredAt === undefined ? {} : { last_delivered_at: isoTime(lastDeliveredAt) }),
    undelivered: report.undelivered,
    ...(endpoint ? { capacity: endpoint.capacity, at_capacity: endpoint.atCapacity } : {}),
    ...(oldestUndelivered === undefined ? {} : { oldest_undelivered_at: isoTime(oldestUndelivered) }),
    replaying: report.replaying,
    in_flight: report.inFlight,
    last_day: countsView(report.lastDay),
  }
}

function withoutQuery(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

function healthView({ failures, failingSince, openUntil, disabled }: Health): Readonly<Record<string, unknown>> {
  return {
    failures,
    ...(failingSince === undefined ? {} : { failing_since: isoTime(failingSince) }),
    ...(openUntil === undefined ? {} : { next_probe_at: isoTime(openUntil) }),
    ...(disabled ? { disabled: { at: isoTime(disabled.at), reason: disabled.reason } } : {}),
  }
}

function countsView({ delivered, failed, dead, dropped, time, latency }: Counts): Readonly<Record<string, unknown>> {
  const attempts = delivered + failed
  return {
    delivered,
    failed_attempts: failed,
    dead,
    dropped,
    mean_ms: attempts === 0 ? 0 : Math.round(time / attempts),
    attempts_by_ms: LATENCIES.map((bound, index) => ({
      below: Number.isFinite(bound) ? bound : null,
      count: latency[index],
    })),
  }
}
