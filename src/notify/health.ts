import type { Instant } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { type Key, partitionOf, recordKind } from '../store/store.ts'
import { jittered } from './schedule.ts'

/** What is known of a receiver's condition; shared by all gateways. Values change through the functions below only. */
export interface Health {
  /** Failed attempts since the last success. */
  readonly failures: number
  readonly failingSince?: Instant
  readonly lastSuccessAt?: Instant
  /** The breaker is open: nothing is sent before this instant, then one probe. */
  readonly openUntil?: Instant
  /** When it was opened last, or stayed so after a probe. */
  readonly openedAt?: Instant
  /** How often in a row a probe failed. */
  readonly probes: number
  readonly disabled?: { readonly at: Instant; readonly reason: 'gone' | 'failing' | 'operator' }
}

export const HEALTHY: Health = { failures: 0, probes: 0 }

/** Failures in a row that open the breaker. */
const THRESHOLD = 5
/** Milliseconds to the first probe; doubled with each that fails, up to the longest. */
const FIRST_PROBE = 5000
const LONGEST_PROBE = 300_000
/** Without a success for this long (ms), and after so many attempts, an endpoint is disabled. */
const GIVE_UP_AFTER = 5 * 86_400_000
const GIVE_UP_ATTEMPTS = 50

/** After an attempt that began at `startedAt` failed. `pause`: milliseconds that the receiver asked for. */
export function afterFailure(
  health: Health,
  at: { readonly now: Instant; readonly startedAt: Instant; readonly pause?: number },
  random: Random,
): Health {
  const failures = health.failures + 1
  const failingSince = health.failingSince ?? at.now
  const failed: Health = { ...health, failures, failingSince }
  if (failingSince <= at.now - GIVE_UP_AFTER && failures >= GIVE_UP_ATTEMPTS) return disabled(failed, at.now, 'failing')
  // Of several that fail at the same time only the first opens the breaker.
  if (health.openedAt !== undefined && at.startedAt < health.openedAt) return failed
  const opening =
    failures >= THRESHOLD ? jittered(Math.min(FIRST_PROBE * 2 ** health.probes, LONGEST_PROBE), random) : 0
  const wait = Math.max(opening, at.pause ?? 0)
  if (wait === 0) return failed
  const probes = health.probes + (opening > 0 ? 1 : 0)
  return { ...failed, probes, openedAt: at.now, openUntil: at.now + wait }
}

export const afterSuccess = (now: Instant): Health => ({ ...HEALTHY, lastSuccessAt: now })

export function disabled(health: Health, at: Instant, reason: 'gone' | 'failing' | 'operator'): Health {
  return { ...health, disabled: { at, reason } }
}

/** Whether nothing may be sent at this instant. */
export function isClosed({ disabled, openUntil }: Health, now: Instant): boolean {
  return disabled !== undefined || (openUntil !== undefined && openUntil > now)
}

const kind = recordKind<Health>('endpoint-health')
export const healthKey = (endpoint: string): Key<Health> => kind(partitionOf(endpoint), endpoint)
