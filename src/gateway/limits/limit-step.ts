import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Call } from '../call.ts'
import type { TrustsPeer } from '../forwarded.ts'
import { noteLimit } from './limit-headers.ts'
import type { Verdict } from './limiter.ts'
import { type Meter, subjectOf } from './meter.ts'

export interface LimitDeps {
  readonly clock: Clock
  readonly trusts?: TrustsPeer
}

/** Counts a call with every meter, in their order. Throws 429, and then the meters after it have not counted. */
export function takeAll(call: Call, meters: readonly Meter[], deps: LimitDeps, from = 0): Promise<void> | undefined {
  for (let index = from; index < meters.length; index++) {
    const meter = meters[index] as Meter
    const verdict = meter.take(subjectOf(meter.by, call, deps.trusts))
    if (verdict instanceof Promise) {
      return verdict.then((late) => {
        apply(call, meter, late, deps)
        return takeAll(call, meters, deps, index + 1)
      })
    }
    apply(call, meter, verdict, deps)
  }
  return undefined
}

function apply(call: Call, meter: Meter, verdict: Verdict, { clock }: LimitDeps): void {
  noteLimit(call, meter, verdict, clock.now())
  if (!verdict.allowed) throw exceeded(meter, verdict)
}

/** RFC 6585 §4. */
function exceeded({ name, kind }: Meter, { resetIn }: Verdict): Problem {
  const headers = { 'Retry-After': String(Math.max(1, Math.ceil(resetIn / 1000))) }
  return kind === 'rate'
    ? new Problem(429, 'rate_limited', `There were too many requests: the limit ${name} is reached.`, { headers })
    : new Problem(429, 'quota_exceeded', `The quota ${name} is used up.`, { headers })
}
