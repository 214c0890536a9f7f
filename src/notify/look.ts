import type { Instant } from '../core/clock.ts'
import type { QueueState } from '../store/store.ts'
import { buryOldest } from './bury.ts'
import type { Capacity } from './capacity.ts'
import type { Claims } from './claims.ts'
import type { DeliverDeps, Receiver } from './deliver-once.ts'
import { freshQueue, replayQueue } from './delivery.ts'

/** Milliseconds for which a claimed job belongs to this process. */
const LEASE = 60_000
/** Milliseconds until the next look when the process has no room, or another gateway makes the probe. */
const CROWDED = 20
const ELSEWHERE = 1000

export interface LookParts {
  readonly claims: Claims
  readonly capacity: Capacity
}

/**
 * Looks at one endpoint's queues and begins what is due and allowed. Returns when to look again at the latest, or
 * undefined when nothing but a wake or an ended attempt can change anything.
 */
export async function look(deps: DeliverDeps, receiver: Receiver, parts: LookParts): Promise<Instant | undefined> {
  const { endpoint, condition, pace } = receiver
  const { claims, capacity } = parts
  const { store, clock } = deps
  const queues = [freshQueue(endpoint.id), replayQueue(endpoint.id)]
  const [fresh, replay] = await Promise.all(queues.map((queue) => store.queueState(queue)))
  await capacity.check(endpoint, fresh?.length ?? 0)
  const health = await condition.current()
  if (health.disabled) {
    await buryOldest(deps, endpoint.id, 'disabled', endpoint.deadLetters, Number.POSITIVE_INFINITY)
    return undefined
  }
  if (claims.begin(pace.limit)) return clock.now() + CROWDED
  const due = earliest(fresh, replay)
  if (due === undefined || due > clock.now()) return due
  if (health.openUntil === undefined) return claim(deps, receiver, claims, pace.held)
  if (health.openUntil > clock.now()) return health.openUntil
  if (claims.running > 0) return undefined
  pace.restart()
  const mine = await condition.mayProbe(deps.attemptDeadline * 2)
  return mine ? claim(deps, receiver, claims, 1) : clock.now() + ELSEWHERE
}

/** Claims until `hold` jobs are held, new ones before replayed ones, and begins with them. */
async function claim(deps: DeliverDeps, { endpoint, pace }: Receiver, claims: Claims, hold: number) {
  const leaseUntil = deps.clock.now() + LEASE
  const want = (): number => hold - claims.running - claims.waiting
  for (const queue of [freshQueue(endpoint.id), replayQueue(endpoint.id)]) {
    const room = want()
    if (room <= 0) break
    const jobs = await deps.store.claim(queue, room, leaseUntil)
    claims.add(jobs.map((job) => ({ job, leaseUntil })))
  }
  if (claims.begin(pace.limit)) return deps.clock.now() + CROWDED
  // With room left there may be one that came in between, or one that is due soon.
  return want() > 0 && hold > 1 ? deps.clock.now() + CROWDED : undefined
}

function earliest(...states: readonly (QueueState | undefined)[]): Instant | undefined {
  const due = states.flatMap((state) => state?.nextDueAt ?? [])
  return due.length === 0 ? undefined : Math.min(...due)
}
