import { type Job, StoreUnavailable } from '../store/store.ts'
import { openCapacity } from './capacity.ts'
import { type Claimed, openClaims } from './claims.ts'
import { type Condition, openCondition } from './condition.ts'
import { type DeliverDeps, deliverOnce, type Receiver } from './deliver-once.ts'
import type { Endpoint } from './endpoint.ts'
import { look } from './look.ts'
import { openNextLook } from './next-look.ts'
import { releaseCommit } from './outcome.ts'
import { openPace } from './pace.ts'
import { jittered } from './schedule.ts'
import type { Slots } from './slots.ts'

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
  const release = async (job: Job): Promise<void> => {
    try {
      await deps.store.commit(releaseCommit(job))
    } catch (error) {
      log.warn(
        { endpoint: id, id: job.id, error: said(error) },
        'a notification is free again only when its lease ends',
      )
    }
  }

  const work = async (claimed: Claimed): Promise<void> => {
    const to = receiver()
    try {
      if (!to) return await release(claimed.job)
      const { dueAt, halt } = await deliverOnce(deps, to, claimed)
      if (dueAt !== undefined) nextLook.at(dueAt)
      if (halt) await claims.giveBack()
    } catch (error) {
      // Nothing is lost: its lease brings it back.
      log.error({ endpoint: id, id: claimed.job.id, error: said(error) }, 'a delivery was not concluded')
    }
  }
  const ended = (): void => {
    if (stopped) return
    claims.begin(pace.limit)
    if (claims.waiting < pace.limit) loop.wake()
  }
  const claims = openClaims({ slots: deps.slots, work, release, ended })
  const loop = openLoop(async () => {
    if (stopped) return
    const soon = clock.now() + jittered(POLL, deps.random)
    try {
      const to = receiver()
      const next = to && (await look(deps, to, { claims, capacity }))
      nextLook.at(Math.min(next ?? soon, soon))
    } catch (error) {
      log.error({ endpoint: id, error: said(error) }, 'notifications cannot be looked for')
      nextLook.at(clock.now() + UNAVAILABLE)
    }
    if (stopped) await claims.giveBack()
  })
  const nextLook = openNextLook(clock, loop.wake)
  return {
    condition,
    get inFlight() {
      return claims.running
    },
    wake: loop.wake,
    async stop() {
      stopped = true
      await loop.idle()
      nextLook.cancel()
      await claims.giveBack()
      await claims.idle()
    },
  }
}

const said = (error: unknown): unknown => (error instanceof StoreUnavailable ? error.message : error)

/** Runs `turn` after each wake, never twice at the same time; wakes during a turn are one more turn. */
function openLoop(turn: () => Promise<void>) {
  let again = false
  let running: Promise<void> | undefined
  const run = async (): Promise<void> => {
    while (again) {
      again = false
      await turn()
    }
    running = undefined
  }
  return {
    wake(): void {
      again = true
      running ??= run()
    },
    idle: async (): Promise<void> => running,
  }
}
