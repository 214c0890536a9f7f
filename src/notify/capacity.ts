import type { Log } from '../core/log.ts'
import { type BuryDeps, buryOldest } from './bury.ts'
import type { Endpoint } from './endpoint.ts'

/** Watches the length of one endpoint's outbox: alarms at 50, 80 and 100 %, and drops the oldest where that is the policy. */
export interface Capacity {
  /** Looks at the length of the outbox; acts at most once a second. */
  check(endpoint: Endpoint, length: number): Promise<void>
}

const LEVELS = [100, 80, 50] as const
const PAUSE = 1000

export function openCapacity(deps: BuryDeps & { readonly log: Log }): Capacity {
  let level = 0
  let checkedAt = Number.NEGATIVE_INFINITY
  const alarm = (endpoint: Endpoint, length: number): void => {
    const before = level
    level = LEVELS.find((percent) => length * 100 >= endpoint.capacity * percent) ?? 0
    if (level <= before) return
    const fields = { endpoint: endpoint.id, length, capacity: endpoint.capacity, atCapacity: endpoint.atCapacity }
    if (level === 50) deps.log.warn(fields, 'the outbox of a receiver is half full')
    else deps.log.error(fields, `the outbox of a receiver has reached ${level} % of its capacity`)
  }
  return {
    async check(endpoint, length) {
      const now = deps.clock.now()
      if (now - checkedAt < PAUSE) return
      checkedAt = now
      alarm(endpoint, length)
      const excess = length - endpoint.capacity
      if (excess <= 0 || endpoint.atCapacity === 'refuse') return
      const dropped = await buryOldest(deps, endpoint.id, 'dropped', endpoint.deadLetters, excess)
      deps.log.error(
        { endpoint: endpoint.id, dropped },
        'the oldest notifications of a full outbox are dead letters now',
      )
    },
  }
}
