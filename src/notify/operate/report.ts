import type { Instant } from '../../core/clock.ts'
import { deliveriesIndex, freshQueue, replayQueue } from '../delivery.ts'
import type { Endpoint } from '../endpoint.ts'
import type { Health } from '../health.ts'
import type { Counts } from '../statistics.ts'
import { endpointIds, type OperateDeps } from './operate-deps.ts'

/** How a receiver fares. */
export interface EndpointReport {
  readonly id: string
  /** Absent when no document names it. */
  readonly endpoint?: Endpoint
  /** `waiting`: the breaker is open until `health.openUntil`. */
  readonly state: 'ok' | 'failing' | 'waiting' | 'disabled'
  readonly health: Health
  readonly lastDeliveredAt?: Instant
  /** Undelivered notifications, replayed ones apart. */
  readonly undelivered: number
  readonly replaying: number
  /** The instant of the oldest event that has not arrived. */
  readonly oldestUndelivered?: Instant
  readonly inFlight: number
  /** Of all gateways in the last 24 hours, and of this process since its start. */
  readonly lastDay: Counts
  readonly own: Counts
}

/** Reports of all endpoints, live or with something left. */
export async function reportAll(deps: OperateDeps): Promise<readonly EndpointReport[]> {
  return Promise.all((await endpointIds(deps)).map((id) => reportOne(deps, id)))
}

export async function reportOne(deps: OperateDeps, id: string): Promise<EndpointReport> {
  const { store, deliverer } = deps
  const endpoint = deps.endpoints().find((one) => one.id === id)
  const [fresh, replay, health, newest, lastDay] = await Promise.all([
    store.queueState(freshQueue(id)),
    store.queueState(replayQueue(id)),
    deliverer.condition(id).current(),
    store.list(deliveriesIndex(id, 'delivered'), { limit: 1, descending: true }),
    deliverer.statistics.lastDay(id),
  ])
  const lastDeliveredAt = newest.members[0]?.sort ?? health.lastSuccessAt
  const oldest = await oldestUndelivered(deps, id, fresh.nextDueAt)
  return {
    id,
    ...(endpoint ? { endpoint } : {}),
    state: stateOf(health, deps.clock.now()),
    health,
    ...(lastDeliveredAt === undefined ? {} : { lastDeliveredAt }),
    undelivered: fresh.length,
    replaying: replay.length,
    ...(oldest === undefined ? {} : { oldestUndelivered: oldest }),
    inFlight: deliverer.inFlight(id),
    lastDay,
    own: deliverer.statistics.own(id),
  }
}

function stateOf(health: Health, now: Instant): EndpointReport['state'] {
  if (health.disabled) return 'disabled'
  if (health.openUntil !== undefined && health.openUntil > now) return 'waiting'
  return health.failures > 0 ? 'failing' : 'ok'
}

/** Of those that were attempted the index knows; one that never was has been due since its event. */
async function oldestUndelivered(deps: OperateDeps, id: string, nextDueAt: Instant | undefined) {
  const { members } = await deps.store.list(deliveriesIndex(id, 'retrying'), { limit: 1 })
  const untouched = nextDueAt !== undefined && nextDueAt <= deps.clock.now() ? [nextDueAt] : []
  const instants = [...members.map(({ sort }) => sort), ...untouched]
  return instants.length === 0 ? undefined : Math.min(...instants)
}
