import type { z } from 'zod'
import type { Quota, RateLimit } from '../../api/settings/limits.ts'
import { takeAll } from '../limits/limit-step.ts'
import type { Limiter } from '../limits/limiter.ts'
import { type Meter, quotaMeter, rateMeter } from '../limits/meter.ts'
import { tightest } from '../limits/tightest.ts'
import { definePolicy, type Policy, type PolicyDeps } from './policy.ts'

/** Whether it counts addresses: that happens before credentials are looked at, all else after. */
type Turn = 'addresses' | 'others'
type Limit = RateLimit | Quota

/** A policy of one or several limits, for one of the two turns in which they are counted. */
export function limitPolicy(name: string, settings: z.ZodType<readonly Limit[]>, turn: Turn): Policy {
  return definePolicy({
    name,
    settings,
    create(limits, deps) {
      const mine = limits.filter(({ by }) => (by === 'ip') === (turn === 'addresses'))
      if (mine.length === 0) return undefined
      const meters = documentMeters(mine, name, deps)
      return (call) => takeAll(call, meters, deps)
    },
  })
}

/** Those that count: limits that an operation has from the whole API are counted over all such operations together. */
export function documentMeters(
  limits: readonly Limit[],
  policy: string,
  deps: Pick<PolicyDeps, 'api' | 'operation' | 'limiter'>,
): readonly Meter[] {
  const { api, operation, limiter } = deps
  const isApis = operation.inherited?.has(policy) ?? false
  const place = isApis ? `api:${api.id}` : `operation:${api.id}:${operation.id}`
  return tightest(limits.map((limit) => metered(limiter, place, isApis ? 'api' : 'operation', limit)))
}

const metered = (limiter: Limiter, place: string, name: string, limit: Limit): Meter =>
  'rate' in limit ? rateMeter(limiter, place, name, limit) : quotaMeter(limiter, place, name, limit)
