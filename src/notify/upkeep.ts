import type { Store } from '../store/store.ts'
import { ENDPOINTS_INDEX } from './delivery.ts'
import type { Endpoint } from './endpoint.ts'
import type { LaneDeps } from './lane.ts'
import { buryOrphans } from './orphans.ts'

/** Milliseconds between looks for changed documents and writes of statistics, and between looks for orphans. */
const UPKEEP = 5000
const ORPHANS = 600_000

export interface UpkeepDeps extends LaneDeps {
  readonly live: () => ReadonlyMap<string, Endpoint>
  /** Called once for each endpoint that appears. */
  readonly appeared: (id: string) => void
}

/** Does at intervals what no event asks for. Returns what ends it. */
export function startUpkeep(deps: UpkeepDeps): () => void {
  const { clock, log, store, statistics, secrets } = deps
  const registered = new Map<string, Endpoint>()
  let orphansAt = 0
  let stopped = false
  let cancel = (): void => {}
  const upkeep = async (): Promise<void> => {
    for (const [id, endpoint] of deps.live()) {
      const before = registered.get(id)
      if (before === endpoint) continue
      await secrets.live(endpoint) // remembers a new secret before the first delivery, so that the next one finds it
      if (!before) await register(store, id, clock.now())
      registered.set(id, endpoint)
      if (!before) deps.appeared(id)
    }
    await statistics.flush()
    if (clock.now() < orphansAt) return
    orphansAt = clock.now() + ORPHANS
    await buryOrphans(deps, new Set(deps.live().keys()))
  }
  const turn = (): void => {
    upkeep()
      .catch((error: unknown) => log.warn({ error: String(error) }, 'the upkeep of notifications failed'))
      .finally(() => {
        if (!stopped) cancel = clock.after(UPKEEP, turn)
      })
  }
  turn()
  return () => {
    stopped = true
    cancel()
  }
}

async function register(store: Store, id: string, now: number): Promise<void> {
  await store.commit({ partition: 0, writes: [{ op: 'index', index: ENDPOINTS_INDEX, member: id, sort: now }] })
}
