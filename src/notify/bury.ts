import type { Clock } from '../core/clock.ts'
import type { Job, Store } from '../store/store.ts'
import { type DeadReason, type Delivery, freshQueue, replayQueue } from './delivery.ts'
import { deadCommit } from './outcome.ts'
import type { Retention } from './retention.ts'
import type { Statistics } from './statistics.ts'
import { waitingJobs } from './waiting.ts'

export interface BuryDeps {
  readonly store: Store
  readonly clock: Clock
  readonly statistics: Statistics
  readonly deadRetention: Retention
}

/** Milliseconds for which the jobs that are to be buried are claimed. */
const LEASE = 60_000
const BATCH = 100

/** Makes dead letters of claimed jobs, kept for `keep` milliseconds at most. Returns how many. */
export async function buryJobs(
  deps: BuryDeps,
  jobs: readonly Job[],
  reason: DeadReason,
  keep: number,
): Promise<number> {
  const { store, clock, statistics, deadRetention } = deps
  const buried = await Promise.all(
    jobs.map(async (job) => {
      const delivery = job.value as Delivery
      const commit = deadCommit(job, delivery, clock.now(), reason, deadRetention.expiry(delivery.endpoint, keep))
      const { ok } = await store.commit(commit)
      if (ok) statistics.dead(delivery.endpoint, reason)
      return ok
    }),
  )
  return buried.filter(Boolean).length
}

/** Buries up to `limit` of an endpoint's undelivered jobs, those that nobody works on, oldest first. */
export async function buryOldest(deps: BuryDeps, endpoint: string, reason: DeadReason, keep: number, limit: number) {
  let left = limit
  for (const queue of [freshQueue(endpoint), replayQueue(endpoint)]) {
    while (left > 0) {
      const jobs = await deps.store.claim(queue, Math.min(BATCH, left), deps.clock.now() + LEASE)
      if (jobs.length === 0) break
      await buryJobs(deps, jobs, reason, keep)
      left -= jobs.length
    }
  }
  if (left > 0)
    left -= await buryJobs(deps, (await waitingJobs(deps.store, endpoint, Math.min(BATCH, left))).jobs, reason, keep)
  return limit - left
}
