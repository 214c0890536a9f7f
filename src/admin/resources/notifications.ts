import { z } from 'zod'
import { NOTIFICATION_EVENTS } from '../../api/settings/notifications.ts'
import { Problem } from '../../core/problem.ts'
import type { Attempt } from '../../notify/delivery.ts'
import { DELIVERY_STATES, type DeliveryFilter, type Listed } from '../../notify/operate/list.ts'
import type { Notifications } from '../../notify/operate/notifications.ts'
import type { ReplayOutcome } from '../../notify/operate/replay.ts'
import type { AdminAnswer, AdminRequest, AdminRoute } from '../admin-route.ts'
import { isoTime } from '../clients/client-view.ts'
import { listPage, pageAnswer } from '../http/page.ts'
import { checked, checkedQuery, readBody } from '../http/read-body.ts'

/** Deliveries of notifications and their attempts; dead letters; replays. */
export function notificationRoutes(notifications: Notifications): readonly AdminRoute[] {
  const list = '/api/notifications'
  return [
    { method: 'GET', path: list, action: 'notification.list', handle: (request) => listAll(request, notifications) },
    {
      method: 'POST',
      path: `${list}/replay`,
      action: 'notification.replay-matching',
      handle: (request) => replayMatching(request, notifications),
    },
    {
      method: 'GET',
      path: `${list}/:id`,
      action: 'notification.get',
      handle: (request) => getOne(request, notifications),
    },
    {
      method: 'POST',
      path: `${list}/:id/replay`,
      action: 'notification.replay',
      handle: (request) => replayOne(request, notifications),
    },
  ]
}

const instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))
const filterMembers = {
  endpoint: z.string().optional(),
  api_id: z.string().optional(),
  type: z.enum([...NOTIFICATION_EVENTS, 'webhook.test']).optional(),
  client_id: z.string().optional(),
  since: instant.optional(),
  until: instant.optional(),
}
const listQuery = z.object({ ...filterMembers, state: z.enum(DELIVERY_STATES).optional() })
const replayBody = z.strictObject({
  ...filterMembers,
  state: z.enum(['dead', 'delivered']).optional(),
  limit: z.int().min(1).max(1000).default(500),
  after: z.string().optional(),
})

function filterOf(given: z.output<typeof listQuery>): DeliveryFilter {
  const { endpoint, api_id: api, type, client_id: clientId, since, until, state } = given
  const entries = Object.entries({ endpoint, api, type, clientId, since, until, states: state && [state] })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as DeliveryFilter
}

async function listAll({ query }: AdminRequest, notifications: Notifications): Promise<AdminAnswer> {
  const names = [...Object.keys(filterMembers), 'state']
  const given = Object.fromEntries(
    names.flatMap((name) => (query.get(name) === undefined ? [] : [[name, query.get(name)]])),
  )
  const { items, next } = await notifications.list(filterOf(checkedQuery(listQuery, given)), listPage(query))
  return pageAnswer(items.map(summaryOf), next)
}

function summaryOf(delivery: Listed): Readonly<Record<string, unknown>> {
  const { attempts, reason, changedAt, dueAt, clientId } = delivery
  return {
    id: delivery.id,
    endpoint: delivery.endpoint,
    api_id: delivery.api,
    type: delivery.type,
    ...(clientId === undefined ? {} : { client_id: clientId }),
    state: delivery.state,
    ...(reason === undefined ? {} : { reason }),
    created_at: isoTime(delivery.createdAt),
    ...(changedAt === undefined ? {} : { changed_at: isoTime(changedAt) }),
    ...(dueAt === undefined ? {} : { due_at: isoTime(dueAt) }),
    attempt_count: attempts.length,
    replays: delivery.replays,
    ...(attempts.length === 0 ? {} : { last_attempt: attempts.slice(-1).map(attemptView)[0] }),
  }
}

function attemptView({ at, duration, status, error }: Attempt): Readonly<Record<string, unknown>> {
  return {
    at: isoTime(at),
    duration_ms: duration,
    ...(status === undefined ? {} : { status }),
    ...(error === undefined ? {} : { error }),
  }
}

async function getOne({ params }: AdminRequest, notifications: Notifications): Promise<AdminAnswer> {
  const delivery = await notifications.find(params['id'] ?? '')
  if (!delivery) throw unknownNotification()
  const attempts = delivery.attempts.map((attempt, index) => {
    const answer = delivery.answers[index]
    return { ...attemptView(attempt), ...(answer === undefined ? {} : { answer }) }
  })
  return { status: 200, body: { ...summaryOf(delivery), attempts } }
}

const unknownNotification = (): Problem =>
  new Problem(404, 'not_found', 'There is no such notification, or it is not kept any more.')

async function replayOne({ params }: AdminRequest, notifications: Notifications): Promise<AdminAnswer> {
  const id = params['id'] ?? ''
  const outcome = await notifications.replay(id)
  if (outcome !== 'queued') throw refusalOf(outcome)
  return { status: 202, body: { id }, audit: { notification: id } }
}

function refusalOf(outcome: Exclude<ReplayOutcome, 'queued'>): Problem {
  if (outcome === 'unknown') return unknownNotification()
  const why = outcome === 'endpoint_disabled' ? 'is disabled: enable it first' : 'stands in no document that is served'
  return new Problem(409, outcome, `The endpoint ${why}.`)
}

async function replayMatching({ body }: AdminRequest, notifications: Notifications): Promise<AdminAnswer> {
  const { limit, after, ...given } = checked(replayBody, readBody(body))
  const page = { limit, ...(after === undefined ? {} : { after }) }
  const result = await notifications.replayMatching(filterOf(given), page)
  return { status: 202, body: result, audit: { replayed: result.replayed } }
}
