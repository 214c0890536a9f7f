import type { Clock, Instant } from '../core/clock.ts'
import { type Breaker, type BreakerSettings, createBreaker, type Outcome } from './breaker.ts'

/** What a request to a target came to: a status, no answer that can be used, or nobody can tell. */
export type Result = number | 'failed' | 'unknown'

export interface PassiveSettings {
  /** Failures in a row that take a target out. */
  readonly failures: number
  /** Milliseconds of the first time. */
  readonly ejectFor: number
  /** Answers that are failures. */
  readonly statuses: readonly number[]
}

export interface HealthSettings {
  readonly passive?: PassiveSettings | undefined
  readonly breaker?: (BreakerSettings & { readonly statuses: readonly number[] }) | undefined
}

/** What happened to a target, for the log. */
export type HealthEvent = 'unhealthy' | 'healthy' | 'ejected' | 'circuit open' | 'circuit closed'

/** What is known of one target, from checks and from the requests themselves. */
export interface TargetHealth {
  /** Whether active checks and the circuit let requests through. */
  isOpen(): boolean
  /** Whether it has failed too often of late; it is used only where there is no other. */
  isEjected(): boolean
  /** A request is sent. Gives what to hand to the one `ended` that follows. */
  begun(): boolean
  ended(result: Result, tried: boolean): void
  /** The outcome of active checks: so many in a row have agreed. */
  checked(isHealthy: boolean): void
  /** Milliseconds until it may be asked again, as far as that is known. */
  retryAfter(): number
  readonly state: 'healthy' | 'unhealthy' | 'ejected' | 'open' | 'halfOpen'
}

/** A target that fails again and again is out for so many times `ejectFor` at most. */
const LONGEST = 10

export function createTargetHealth(
  { passive, breaker }: HealthSettings,
  clock: Clock,
  onEvent: (event: HealthEvent) => void,
): TargetHealth {
  const circuit: Breaker | undefined =
    breaker && createBreaker(breaker, clock, (isOpen) => onEvent(isOpen ? 'circuit open' : 'circuit closed'))
  const ejection = passive && createEjection(passive, clock, () => onEvent('ejected'))
  let healthy = true
  return {
    isOpen: () => healthy && (circuit === undefined || circuit.allows()),
    isEjected: () => ejection?.isOut() ?? false,
    begun: () => circuit?.begun() ?? false,
    ended(result, tried) {
      circuit?.ended(outcomeOf(result, breaker?.statuses), tried)
      ejection?.ended(outcomeOf(result, passive?.statuses))
    },
    checked(isHealthy) {
      if (isHealthy === healthy) return
      healthy = isHealthy
      if (isHealthy) ejection?.forgive()
      onEvent(isHealthy ? 'healthy' : 'unhealthy')
    },
    retryAfter: () => circuit?.retryAfter() ?? 0,
    get state() {
      if (!healthy) return 'unhealthy'
      if (circuit && circuit.state !== 'closed') return circuit.state
      return ejection?.isOut() ? 'ejected' : 'healthy'
    },
  }
}

function outcomeOf(result: Result, failures: readonly number[] = []): Outcome {
  if (typeof result !== 'number') return result
  return failures.includes(result) ? 'failed' : 'succeeded'
}

/** Counts failures in a row. */
function createEjection({ failures, ejectFor }: PassiveSettings, clock: Clock, onOut: () => void) {
  let inRow = 0
  let times = 0
  let until: Instant = 0
  return {
    isOut: () => until !== 0 && clock.now() < until,
    ended(outcome: Outcome) {
      if (outcome === 'unknown') return
      if (outcome === 'succeeded') {
        inRow = 0
        if (until !== 0 && clock.now() >= until) this.forgive()
        return
      }
      // Back from its time out it has one chance; requests that were under way then say nothing new.
      if (clock.now() < until || (++inRow < failures && until === 0)) return
      times = Math.min(times + 1, LONGEST)
      until = clock.now() + ejectFor * times
      inRow = 0
      onOut()
    },
    forgive() {
      inRow = 0
      times = 0
      until = 0
    },
  }
}
