import type { Clock } from '../core/clock.ts'
import type { Job, Store } from '../store/store.ts'
import type { Delivery } from './delivery.ts'
import { retryCommit } from './outcome.ts'
import { waitingJobs } from './waiting.ts'

/** Jobs that are put forward at a time. */
const BATCH = 200

/** After an outage: what waits for a later attempt is due now. The ramp decides how fast it goes. */
export async function drawForward(
  deps: { readonly store: Store; readonly clock: Clock },
  endpoint: string,
): Promise<void> {
  let after: string | undefined
  do {
    const { jobs, next } = await waitingJobs(deps.store, endpoint, BATCH, after)
    await Promise.all(jobs.filter(({ dueAt }) => dueAt > deps.clock.now()).map((job) => makeDue(deps, job)))
    after = next
  } while (after !== undefined)
}

/** Makes a waiting job due. The attempt is an extra one: it does not use up the schedule. Whether it was still there. */
export async function makeDue(
  deps: { readonly store: Store; readonly clock: Clock },
  job: Job & { readonly value: Delivery },
): Promise<boolean> {
  const now = deps.clock.now()
  const { ok } = await deps.store.commit(
    retryCommit(job, { ...job.value, tried: Math.max(0, job.value.tried - 1) }, now, now),
  )
  return ok
}
