import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import type { Random } from '../core/random.ts'
import type { Store } from '../store/store.ts'
import { afterFailure, afterSuccess, disabled, HEALTHY, type Health } from './health.ts'
import { openSharedHealth } from './shared-health.ts'

/** The shared condition of one endpoint as this gateway sees it. */
export interface Condition {
  /** As last seen, without asking. */
  seen(): Health
  /** As of at most a second ago. */
  current(): Promise<Health>
  /** Asks for the right to make the one probe that is due: granted to a single gateway, for `lease` milliseconds. */
  mayProbe(lease: number): Promise<boolean>
  /** Returns whether that ended an outage. */
  succeeded(): Promise<boolean>
  /** An attempt that began at `startedAt` failed; `pause`: milliseconds that the receiver asked for. */
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

/** Milliseconds for which what was read is believed. */
const FRESH = 1000

export function openCondition({ store, clock, random, log }: ConditionDeps, endpoint: string): Condition {
  const shared = openSharedHealth(store, clock, endpoint)
  const inTurn = oneAtATime()
  const isDue = ({ openUntil }: Health): boolean => openUntil !== undefined && openUntil <= clock.now()
  return {
    seen: shared.seen,
    current: async () => (clock.now() - shared.readAt() < FRESH ? shared.seen() : shared.read()),
    mayProbe: (lease) =>
      inTurn(async () => {
        await shared.read()
        const openUntil = clock.now() + lease
        return (await shared.change((before) => (isDue(before) ? { ...before, openUntil } : undefined))) !== undefined
      }),
    async succeeded() {
      if (isWell(shared.seen())) return false
      return inTurn(async () => {
        const before = shared.seen()
        if (isWell(before)) return false
        await shared.change((known) => (known.disabled ? undefined : afterSuccess(clock.now())))
        if (before.openUntil === undefined) return false
        log.info({ endpoint }, 'the receiver of notifications answers again')
        return true
      })
    },
    failed: (startedAt, pause) =>
      inTurn(async () => {
        const before = shared.seen()
        const at = { now: clock.now(), startedAt, ...(pause === undefined ? {} : { pause }) }
        const after = (await shared.change((known) => afterFailure(known, at, random))) ?? before
        tell(log, endpoint, before, after)
        return after
      }),
    disable: (reason) =>
      inTurn(async () => {
        const before = await shared.read()
        const after = await shared.change((known) =>
          known.disabled ? undefined : disabled(known, clock.now(), reason),
        )
        if (after) tell(log, endpoint, before, after)
      }),
    enable: () =>
      inTurn(async () => {
        await shared.read()
        await shared.change(() => HEALTHY)
        log.info({ endpoint }, 'the receiver of notifications is enabled')
      }),
  }
}

const isWell = ({ failures, openUntil }: Health): boolean => failures === 0 && openUntil === undefined

/** Attempts that end together are counted one after the other. */
function oneAtATime() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work)
    last = turn.catch(() => {}) // whoever called hears of it
    return turn
  }
}

function tell(log: Log, endpoint: string, before: Health, after: Health): void {
  if (after.disabled && !before.disabled) {
    log.error({ endpoint, reason: after.disabled.reason }, 'a receiver of notifications is disabled')
  } else if (after.openUntil !== undefined && before.openUntil === undefined) {
    log.warn({ endpoint, failures: after.failures }, 'a receiver of notifications fails: deliveries wait')
  }
}
