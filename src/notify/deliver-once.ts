import type { Instant } from '../core/clock.ts'
import { type AttemptDeps, attemptDelivery, type Tried } from './attempt.ts'
import { type BuryDeps, buryJobs } from './bury.ts'
import type { Claimed } from './claims.ts'
import { type ConcludeDeps, conclude } from './conclude.ts'
import type { Condition } from './condition.ts'
import type { Delivery } from './delivery.ts'
import { drawForward } from './draw-forward.ts'
import type { Endpoint } from './endpoint.ts'
import { releaseCommit } from './outcome.ts'
import type { Pace } from './pace.ts'
import type { SecretMemory } from './secret-memory.ts'

export interface DeliverDeps extends ConcludeDeps, BuryDeps, AttemptDeps {
  readonly secrets: SecretMemory
}

/** What one endpoint's deliveries share. */
export interface Receiver {
  readonly endpoint: Endpoint
  readonly condition: Condition
  readonly pace: Pace
}

export interface Delivered {
  /** When the next attempt is due. */
  readonly dueAt?: Instant
  /** Whether nothing more is to be sent there for now. */
  readonly halt: boolean
}

/** Makes one attempt at a claimed job and keeps what came of it. Rejects when the store does not answer. */
export async function deliverOnce(
  deps: DeliverDeps,
  receiver: Receiver,
  { job, leaseUntil }: Claimed,
): Promise<Delivered> {
  const { endpoint } = receiver
  if (leaseUntil - deps.clock.now() < deps.attemptDeadline * 1.5) {
    await deps.store.commit(releaseCommit(job))
    return { halt: false }
  }
  const delivery = job.value as Delivery
  const body = deps.sealing.open(delivery, delivery.body)
  if (body === undefined) {
    await buryJobs(deps, [job], 'unreadable', endpoint.deadLetters)
    deps.log.error({ endpoint: endpoint.id, id: job.id }, 'a notification was sealed under another master key')
    return { halt: false }
  }
  const tried = await attemptDelivery(deps, endpoint, await deps.secrets.live(endpoint), delivery, body)
  const dueAt = await conclude(deps, endpoint, job, tried)
  const halt = await react(deps, receiver, tried)
  return { halt, ...(dueAt === undefined ? {} : { dueAt }) }
}

/** Draws the consequences for what is sent to this receiver from now on. Whether to stop sending. */
async function react(deps: DeliverDeps, { endpoint, condition, pace }: Receiver, tried: Tried): Promise<boolean> {
  if (tried.verdict === 'delivered') {
    pace.succeeded(tried.attempt.duration)
    if (await condition.succeeded()) await drawForward(deps, endpoint.id)
    return false
  }
  pace.failed()
  if (tried.verdict === 'gone') await condition.disable('gone')
  else await condition.failed(tried.attempt.at, tried.overloaded ? tried.retryAfter : undefined)
  const { openUntil, disabled } = await condition.current()
  return openUntil !== undefined || disabled !== undefined
}
