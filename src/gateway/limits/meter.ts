import type { CountedBy, Quota, RateLimit } from '../../api/settings/limits.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import { callerNetwork } from '../../outbound/caller-network.ts'
import type { Call } from '../call.ts'
import { clientAddress } from '../client-address.ts'
import type { TrustsPeer } from '../forwarded.ts'
import type { Limiter, Verdict } from './limiter.ts'
import { periodAt } from './period.ts'

/** A limit that is ready to count: of a client's policy, of an API or of an operation. */
export interface Meter {
  /** As `RateLimit-Policy` names it. */
  readonly name: string
  readonly kind: 'rate' | 'quota'
  readonly by: CountedBy
  /** What it counts under: meters of one kind with the same counter count the same requests. See `tightest`. */
  readonly counter: string
  /** Requests. */
  readonly most: number
  /** Its member of `RateLimit-Policy`; of a quota with the seconds of the current period. */
  policy(now: number): string
  /** What it gives out, as documents write it. */
  readonly per: string
  take(subject: string): Verdict | Promise<Verdict>
  look(subject: string): Promise<Verdict>
}

/** `place` keeps apart what different places count. */
export function rateMeter(limiter: Limiter, place: string, name: string, limit: RateLimit): Meter {
  const { rate, per, by } = limit
  const counter = `${encodeURIComponent(place)}/${by}/${per}/`
  const own = `${name}-${by === 'client' ? '' : `${by}-`}${formatDuration(per)}`
  const policy = policyText(own, rate, per)
  return {
    name: own,
    kind: 'rate',
    by,
    counter,
    most: rate,
    policy: () => policy,
    per: formatDuration(per),
    take: (subject) => limiter.rates.take(counter + subject, limit),
    look: (subject) => limiter.rates.look(counter + subject, limit),
  }
}

export function quotaMeter(limiter: Limiter, place: string, name: string, quota: Quota): Meter {
  const { max, per, by } = quota
  const period = typeof per === 'number' ? formatDuration(per) : per
  const counter = `${encodeURIComponent(place)}/${by}/${period}/`
  const own = `${name}-${by === 'client' ? '' : `${by}-`}quota-${period}`
  let until = 0
  let policy = ''
  return {
    name: own,
    kind: 'quota',
    by,
    counter,
    most: max,
    per: period,
    policy(now) {
      if (now < until) return policy
      const { start, end } = periodAt(per, now)
      until = end
      policy = policyText(own, max, end - start)
      return policy
    },
    take: (subject) => limiter.quotas.take(counter + subject, quota),
    look: (subject) => limiter.quotas.look(counter + subject, quota),
  }
}

const policyText = (name: string, most: number, length: number): string =>
  `"${name}";q=${most};w=${Math.ceil(length / 1000)}`

/** Whom a request counts for. Who has no name counts by address. */
export function subjectOf(by: CountedBy, call: Call, trusts: TrustsPeer | undefined): string {
  if (by === 'api') return ''
  const known = by === 'ip' ? undefined : nameOf(by, call.principal)
  return known ?? `a:${callerNetwork(clientAddress(call, trusts))}`
}

/** Of a client, or of one of its users; undefined for nobody in particular. */
export function nameOf(by: 'client' | 'user', principal: Principal | undefined): string | undefined {
  if (!principal || principal.anonymous) return undefined
  const { clientId, subject, consumer } = principal
  const holder = clientId ?? consumer?.id
  if (holder === undefined) return subject === undefined ? undefined : `u:${subject}`
  return by === 'user' && subject !== undefined ? `c:${holder}\n${subject}` : `c:${holder}`
}
