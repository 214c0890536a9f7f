import type { Log } from '../core/log.ts'
import { type Job, type Store, StoreUnavailable } from '../store/store.ts'
import { openCapacity } from './capacity.ts'
import { type Claimed, openClaims } from './claims.ts'
import { type Condition, openCondition } from './condition.ts'
import { type DeliverDeps, type Delivered, deliverOnce, type Receiver } from './deliver-once.ts'
import type { Endpoint } from './endpoint.ts'
import { isClosed } from './health.ts'
import { look } from './look.ts'
import { openNextLook } from './next-look.ts'
import { releaseCommit } from './outcome.ts'
import { openPace } from './pace.ts'
import { jittered } from './schedule.ts'
import type { Slots } from './slots.ts'
import { openTurns } from './turns.ts'

export interface LaneDeps extends DeliverDeps {
  /** Attempts that the process may have in flight over all lanes. */
  readonly slots: Slots
  /** The live endpoint; undefined while no document names it. */
  readonly endpointOf: (id: string) => Endpoint | undefined
}

/** All deliveries of this gateway to one endpoint. */
export interface Lane {
  readonly condition: Condition
  readonly inFlight: number
  /** Looks for due notifications now. */
  wake(): void
  /** Takes no more, gives back what was claimed but not begun, and waits for what is in flight. */
  stop(): Promise<void>
}

/** Milliseconds between looks when nothing was said: other gateways' events, and those of a crashed one, are found so. */
const POLL = 5000
/** Milliseconds between looks at a receiver to which nothing may be sent, however much is issued. */
const CLOSED = 250
/** Milliseconds until the next look when the store does not answer. */
const UNAVAILABLE = 1000

export function openLane(deps: LaneDeps, id: string): Lane {
  const { clock, log } = deps
  const pace = openPace(() => deps.endpointOf(id)?.maxInFlight ?? 1)
  const condition = openCondition(deps, id)
  const capacity = openCapacity(deps)
  const receiver = (): Receiver | undefined => {
    const endpoint = deps.endpointOf(id)
    return endpoint && { endpoint, condition, pace }
  }
  let stopped = false
  let lookedAt = 0
  const work = async (claimed: Claimed): Promise<void> => {
    const { dueAt, halt } = await workOn(deps, receiver(), claimed)
    if (dueAt !== undefined) nextLook.at(dueAt)
    if (halt) await claims.giveBack()
  }
  const ended = (): void => {
    if (stopped) return
    claims.begin(pace.limit)
    if (claims.waiting < pace.limit) turns.wake()
  }
  const claims = openClaims({ slots: deps.slots, work, release: (job) => release(deps, job), ended })
  const turns = openTurns(async () => {
    if (stopped) return
    lookedAt = clock.now()
    const soon = clock.now() + jittered(POLL, deps.random)
    try {
      const to = receiver()
      const next = to && (await look(deps, to, { claims, capacity }))
      nextLook.at(Math.min(next ?? soon, soon))
    } catch (error) {
      log[levelOf(error)]({ endpoint: id, error: said(error) }, 'notifications cannot be looked for')
      nextLook.at(clock.now() + UNAVAILABLE)
    }
  })
  const nextLook = openNextLook(clock, turns.wake)
  return {
    condition,
    get inFlight() {
      return claims.running
    },
    wake() {
      // Thousands of wakes in a second must not be thousands of looks: with enough at hand, the next ended attempt looks.
      const enough = claims.running + claims.waiting >= pace.held
      const closed = isClosed(condition.seen(), clock.now()) && clock.now() - lookedAt < CLOSED
      if (!enough && !closed) turns.wake()
    },
    async stop() {
      stopped = true
      await turns.idle()
      nextLook.cancel()
      await claims.giveBack()
      await claims.idle()
    },
  }
}

/** Delivers a claimed job, or gives it back when its endpoint has gone; never rejects. */
async function workOn(deps: LaneDeps, to: Receiver | undefined, claimed: Claimed): Promise<Delivered> {
  const { job } = claimed
  try {
    if (to) return await deliverOnce(deps, to, claimed)
    await release(deps, job)
  } catch (error) {
    // Nothing is lost: its lease brings it back.
    deps.log[levelOf(error)]({ queue: job.queue, id: job.id, error: said(error) }, 'a delivery was not concluded')
  }
  return { halt: false }
}

/** Gives a job back; never rejects. */
async function release({ store, log }: { readonly store: Store; readonly log: Log }, job: Job): Promise<void> {
  try {
    await store.commit(releaseCommit(job))
  } catch (error) {
    log.warn({ queue: job.queue, id: job.id, error: said(error) }, 'a notification is free when its lease ends')
  }
}

/** In an outage of the store every receiver says so every second: warnings of one kind are counted, errors all written. */
const levelOf = (error: unknown): 'warn' | 'error' => (error instanceof StoreUnavailable ? 'warn' : 'error')

const said = (error: unknown): unknown => (error instanceof StoreUnavailable ? error.message : error)
