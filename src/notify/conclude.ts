import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { Commit, Job, Store } from '../store/store.ts'
import type { Tried } from './attempt.ts'
import type { Delivery } from './delivery.ts'
import type { Endpoint } from './endpoint.ts'
import { deadCommit, deliveredCommit, retryCommit, withAttempt } from './outcome.ts'
import type { Retention } from './retention.ts'
import { nextDelay } from './schedule.ts'
import type { Statistics } from './statistics.ts'

export interface ConcludeDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly statistics: Statistics
  readonly deadRetention: Retention
  readonly history: Retention
}

/** Keeps what an attempt came to. Returns when the next one is due, if there is to be one. */
export async function conclude(
  deps: ConcludeDeps,
  endpoint: Endpoint,
  job: Job,
  tried: Tried,
): Promise<Instant | undefined> {
  const delivery = withAttempt(job.value as Delivery, tried.attempt)
  const { commit, dueAt, dead } = conclusion(deps, endpoint, job, delivery, tried)
  const outcome = await deps.store.commit(commit)
  deps.statistics.attempted(endpoint.id, tried)
  const fields = { endpoint: endpoint.id, id: job.id, status: tried.attempt.status, error: tried.attempt.error }
  if (!outcome.ok) {
    // Its lease ran out and another gateway took it: the receiver gets it twice, with one id.
    deps.log.info(fields, 'another gateway has this notification')
    return undefined
  }
  if (dead) {
    deps.statistics.dead(endpoint.id, dead)
    deps.log.warn({ ...fields, reason: dead }, 'a notification is a dead letter now')
  }
  return dueAt
}

interface Conclusion {
  readonly commit: Commit
  readonly dueAt?: Instant
  readonly dead?: 'gone' | 'exhausted'
}

function conclusion(deps: ConcludeDeps, endpoint: Endpoint, job: Job, delivery: Delivery, tried: Tried): Conclusion {
  const now = deps.clock.now()
  if (tried.verdict === 'delivered') {
    return {
      commit: deliveredCommit(
        job,
        delivery,
        now,
        endpoint.history === 0 ? now : deps.history.expiry(endpoint.id, endpoint.history),
      ),
    }
  }
  const delay = tried.verdict === 'gone' ? undefined : nextDelay(endpoint.schedule, delivery.tried, deps.random)
  if (delay === undefined) {
    const dead = tried.verdict === 'gone' ? 'gone' : 'exhausted'
    return {
      commit: deadCommit(job, delivery, now, dead, deps.deadRetention.expiry(endpoint.id, endpoint.deadLetters)),
      dead,
    }
  }
  const dueAt = now + Math.max(delay, tried.retryAfter ?? 0)
  return { commit: retryCommit(job, delivery, now, dueAt), dueAt }
}
