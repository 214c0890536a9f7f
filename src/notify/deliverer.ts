import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { Vault } from '../core/vault.ts'
import type { Outbound } from '../outbound/outbound.ts'
import type { Store } from '../store/store.ts'
import type { Condition } from './condition.ts'
import type { Endpoint } from './endpoint.ts'
import { type Lane, type LaneDeps, openLane } from './lane.ts'
import { openRetention } from './retention.ts'
import { openSealing } from './sealing.ts'
import { openSecretMemory } from './secret-memory.ts'
import { openSlots } from './slots.ts'
import { openStatistics, type Statistics } from './statistics.ts'
import { startUpkeep } from './upkeep.ts'

export interface DelivererDeps {
  readonly store: Store
  readonly vault: Vault
  readonly outbound: Outbound
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** All live receivers. The same array as long as nothing changed, so that it can be asked often. */
  readonly endpoints: () => readonly Endpoint[]
  /** Milliseconds for one attempt; 15 000 by default, at most 30 000. */
  readonly attemptDeadline?: number
}

/** Delivers what the announcer enqueued, on this and on every other gateway that shares the store. */
export interface Deliverer {
  /** Begins: with what is queued already, and from then on at every wake. */
  start(): void
  /** Looks now at the queues of these endpoints. */
  deliver(endpointIds: Iterable<string>): void
  /** Takes nothing more, waits for the attempts in flight (15 s at most), gives back the rest. */
  stop(): Promise<void>
  /** Attempts in flight to an endpoint. */
  inFlight(endpointId: string): number
  /** The condition of an endpoint, whether it is live or not. */
  condition(endpointId: string): Condition
  readonly statistics: Statistics
}

const ATTEMPT_DEADLINE = 15_000
/** Attempts in flight over all endpoints. */
const IN_FLIGHT = 256
/** Delivered notifications and dead letters that are kept at most, about, by each process. */
const HISTORY = 100_000
const DEAD_LETTERS = 1_000_000
export function createDeliverer(deps: DelivererDeps): Deliverer {
  const { clock } = deps
  const live = endpointTable(deps.endpoints)
  const statistics = openStatistics(deps)
  const slots = openSlots(IN_FLIGHT)
  const laneDeps: LaneDeps = {
    ...deps,
    statistics,
    attemptDeadline: deps.attemptDeadline ?? ATTEMPT_DEADLINE,
    sealing: openSealing(deps.vault),
    secrets: openSecretMemory(deps),
    slots,
    history: openRetention(clock, HISTORY),
    deadRetention: openRetention(clock, DEAD_LETTERS),
    endpointOf: (id) => live().get(id),
  }
  const lanes = new Map<string, Lane>()
  const laneOf = (id: string): Lane => {
    const lane = lanes.get(id) ?? openLane(laneDeps, id)
    lanes.set(id, lane)
    return lane
  }
  let endUpkeep: (() => void) | undefined
  return {
    statistics,
    start() {
      const appeared = (id: string): void => laneOf(id).wake()
      endUpkeep ??= startUpkeep({ ...laneDeps, live, appeared })
    },
    deliver(ids) {
      slots.issued()
      if (endUpkeep) for (const id of ids) laneOf(id).wake()
    },
    async stop() {
      endUpkeep?.()
      endUpkeep = undefined
      await Promise.all([...lanes.values()].map((lane) => lane.stop()))
      await statistics.flush()
    },
    inFlight: (id) => lanes.get(id)?.inFlight ?? 0,
    condition: (id) => laneOf(id).condition,
  }
}

/** Live endpoints by id, made anew only when the list is another one. */
function endpointTable(endpoints: () => readonly Endpoint[]): () => ReadonlyMap<string, Endpoint> {
  let list: readonly Endpoint[] | undefined
  let table: ReadonlyMap<string, Endpoint> = new Map()
  return () => {
    const now = endpoints()
    if (now !== list) {
      list = now
      table = new Map(now.map((endpoint) => [endpoint.id, endpoint]))
    }
    return table
  }
}
