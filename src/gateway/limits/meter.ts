import type { CountedBy, Quota, RateLimit } from '../../api/settings/limits.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
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
  /** Requests. */
  readonly most: number
  /** Seconds; of a quota those of the current period. */
  window(now: number): number
  /** What it gives out, as documents write it. */
  readonly per: string
  take(subject: string): Verdict | Promise<Verdict>
  look(subject: string): Promise<Verdict>
}

/** `place` keeps apart what different places count. */
export function rateMeter(limiter: Limiter, place: string, name: string, limit: RateLimit): Meter {
  const { rate, per, by } = limit
  const prefix = `${encodeURIComponent(place)}/${by}/${per}/`
  return {
    name: `${name}-${by === 'client' ? '' : `${by}-`}${formatDuration(per)}`,
    kind: 'rate',
    by,
    most: rate,
    window: () => Math.ceil(per / 1000),
    per: formatDuration(per),
    take: (subject) => limiter.rates.take(prefix + subject, limit),
    look: (subject) => limiter.rates.look(prefix + subject, limit),
  }
}

export function quotaMeter(limiter: Limiter, place: string, name: string, quota: Quota): Meter {
  const { max, per, by } = quota
  const period = typeof per === 'number' ? formatDuration(per) : per
  const prefix = `${encodeURIComponent(place)}/${by}/${period}/`
  return {
    name: `${name}-${by === 'client' ? '' : `${by}-`}quota-${period}`,
    kind: 'quota',
    by,
    most: max,
    per: period,
    window(now) {
      const { start, end } = periodAt(per, now)
      return Math.ceil((end - start) / 1000)
    },
    take: (subject) => limiter.quotas.take(prefix + subject, quota),
    look: (subject) => limiter.quotas.look(prefix + subject, quota),
  }
}

/** Whom a request counts for. Who has no name counts by address. */
export function subjectOf(by: CountedBy, call: Call, trusts: TrustsPeer | undefined): string {
  if (by === 'api') return ''
  const known = by === 'ip' ? undefined : nameOf(by, call.principal)
  return known ?? `a:${clientAddress(call, trusts)}`
}

/** Of a client, or of one of its users; undefined for nobody in particular. */
export function nameOf(by: 'client' | 'user', principal: Principal | undefined): string | undefined {
  if (!principal || principal.anonymous) return undefined
  const { clientId, subject, consumer } = principal
  const holder = clientId ?? consumer?.id
  if (holder === undefined) return subject === undefined ? undefined : `u:${subject}`
  return by === 'user' && subject !== undefined ? `c:${holder}\n${subject}` : `c:${holder}`
}
