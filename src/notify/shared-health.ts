import type { Clock } from '../core/clock.ts'
import type { Store } from '../store/store.ts'
import { HEALTHY, type Health, healthKey } from './health.ts'

/** The stored condition of one endpoint, with what this process last saw of it. */
export interface SharedHealth {
  /** As last seen. */
  seen(): Health
  /** When it was last read. */
  readAt(): number
  read(): Promise<Health>
  /**
   * Stores what `step` makes of it; when another gateway changed it meanwhile, `step` is asked again. `step` may run
   * several times, and leaves everything as it is by returning undefined.
   */
  change(step: (before: Health) => Health | undefined): Promise<Health | undefined>
}

export function openSharedHealth(store: Store, clock: Clock, endpoint: string): SharedHealth {
  const key = healthKey(endpoint)
  let health = HEALTHY
  let version = 0
  let readAt = Number.NEGATIVE_INFINITY
  const read = async (): Promise<Health> => {
    const [entry] = await store.get([key])
    health = entry?.value ?? HEALTHY
    version = entry?.version ?? 0
    readAt = clock.now()
    return health
  }
  return {
    seen: () => health,
    readAt: () => readAt,
    read,
    async change(step) {
      for (;;) {
        const next = step(health)
        if (next === undefined) return undefined
        const { ok } = await store.commit({
          partition: key.partition,
          guards: [{ key, version }],
          writes: [{ op: 'put', key, value: next }],
        })
        await read()
        if (ok) return next
      }
    },
  }
}
