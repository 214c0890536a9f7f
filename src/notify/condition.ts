import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { Store } from '../store/store.ts'
import { afterFailure, afterSuccess, disabled, HEALTHY, type Health, healthKey } from './health.ts'

/** The shared condition of one endpoint as this gateway sees it. */
export interface Condition {
  /** As of at most a second ago. */
  current(): Promise<Health>
  /** Asks for the right to make the one probe that is due: granted to a single gateway, for `lease` milliseconds. */
  mayProbe(lease: number): Promise<boolean>
  /** Returns whether that ended an outage. */
  succeeded(): Promise<boolean>
  failed(startedAt: Instant, pause?: number): Promise<Health>
  disable(reason: 'gone' | 'operator'): Promise<void>
  enable(): Promise<void>
}

export interface ConditionDeps {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

const FRESH = 1000

export function openCondition(deps: ConditionDeps, endpoint: string): Condition {
  const { store, clock, random, log } = deps
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
  /** Applies a change to what is stored; another gateway's change in between is taken into account. */
  const change = async (step: (before: Health) => Health | undefined): Promise<Health | undefined> => {
    for (;;) {
      const next = step(health)
      if (next === undefined) return undefined
      const outcome = await store.commit({
        partition: key.partition,
        guards: [{ key, version }],
        writes: [{ op: 'put', key, value: next }],
      })
      await read()
      if (outcome.ok) return next
    }
  }
  // One change at a time, so that attempts that end together are counted one after the other.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => {}) // whoever called hears of it
    return turn
  }
  return {
    current: async () => (clock.now() - readAt < FRESH ? health : read()),
    mayProbe: (lease) =>
      inTurn(async () => {
        await read()
        const openUntil = clock.now() + lease
        const due = (before: Health): boolean => before.openUntil !== undefined && before.openUntil <= clock.now()
        return (await change((before) => (due(before) ? { ...before, openUntil } : undefined))) !== undefined
      }),
    async succeeded() {
      if (health.failures === 0 && health.openUntil === undefined) return false
      return inTurn(async () => {
        const outage = health.openUntil !== undefined
        if (health.failures === 0 && !outage) return false
        await change((before) => (before.disabled ? undefined : afterSuccess(clock.now())))
        if (outage) log.info({ endpoint }, 'the receiver of notifications answers again')
        return outage
      })
    },
    failed: (startedAt, pause) =>
      inTurn(async () => {
        const before = health
        const at = { now: clock.now(), startedAt, ...(pause === undefined ? {} : { pause }) }
        const after = (await change((known) => afterFailure(known, at, random))) ?? health
        tell(log, endpoint, before, after)
        return after
      }),
    disable: (reason) =>
      inTurn(async () => {
        await read()
        const after = await change((before) => (before.disabled ? undefined : disabled(before, clock.now(), reason)))
        if (after) tell(log, endpoint, HEALTHY, after)
      }),
    enable: () =>
      inTurn(async () => {
        await read()
        await change(() => HEALTHY)
        log.info({ endpoint }, 'the receiver of notifications is enabled')
      }),
  }
}

function tell(log: Log, endpoint: string, before: Health, after: Health): void {
  if (after.disabled && !before.disabled) {
    log.error({ endpoint, reason: after.disabled.reason }, 'a receiver of notifications is disabled')
  } else if (after.openUntil !== undefined && before.openUntil === undefined) {
    log.warn({ endpoint, failures: after.failures }, 'a receiver of notifications fails: deliveries wait')
  }
}
