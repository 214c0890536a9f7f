import type { Call } from '../call.ts'
import type { Verdict } from './limiter.ts'
import type { Meter } from './meter.ts'

/**
 * Adds a limit to the `RateLimit-Policy` and `RateLimit` fields of the answer (draft-ietf-httpapi-ratelimit-headers-10
 * §3, §4): `"gold-1m";q=100;w=60` and `"gold-1m";r=42;t=17`, one member for each limit.
 */
export function noteLimit(call: Call, meter: Meter, { remaining, resetIn }: Verdict, now: number): void {
  const policy = meter.policy(now)
  const state = `"${meter.name}";r=${remaining};t=${Math.ceil(resetIn / 1000)}`
  if (call.limits) {
    call.limits.policy += `, ${policy}`
    call.limits.state += `, ${state}`
    return
  }
  const limits = { policy, state }
  call.limits = limits
  call.edits.push((head) => head.headers.push('RateLimit-Policy', limits.policy, 'RateLimit', limits.state))
}
