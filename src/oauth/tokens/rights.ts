import type { Operation } from '../../api/api.ts'
import type { Quota, RateLimit } from '../../api/settings/limits.ts'
import type { AccessRule } from '../records/policy.ts'

/** What the policies of a client, and the session of a token, come to. */
export interface Rights {
  /** The policy that is missing or inactive: nothing is allowed. */
  readonly closedBy?: string
  /** A request must be covered by a rule of every list. No list: the client's own APIs. */
  readonly access: readonly (readonly AccessRule[])[]
  /** Of the policies: one limit of each kind counts, see `limitsFor`. */
  readonly limits: readonly PolicyLimits[]
  /** Of the session: count on top. */
  readonly sessionLimits: readonly PolicyLimits[]
  /** Scopes that tokens may have; whatever was granted when absent. */
  readonly scopes?: ReadonlySet<string>
  /** Milliseconds. */
  readonly accessTokenLifetime?: number
  readonly refreshTokenLifetime?: number
  readonly metadata: Readonly<Record<string, unknown>>
}

export interface PolicyLimits {
  /** Names the limit in headers, and what is counted under it. */
  readonly name: string
  /** Only requests that these cover count; all when absent. */
  readonly access?: readonly AccessRule[]
  readonly rateLimits: readonly RateLimit[]
  readonly quotas: readonly Quota[]
}

export const NO_RIGHTS: Rights = { access: [], limits: [], sessionLimits: [], metadata: {} }

/** What two credentials of one request allow: only what each of them does. */
export function both(first: Rights, second: Rights): Rights {
  const closedBy = first.closedBy ?? second.closedBy
  return {
    ...first,
    ...(closedBy === undefined ? {} : { closedBy }),
    access: [...first.access, ...second.access],
    sessionLimits: [...first.sessionLimits, ...second.sessionLimits],
    metadata: { ...second.metadata, ...first.metadata },
  }
}

/** Whether a client with these rights may come to an API at all, with a token that was issued elsewhere. */
export function reaches(rights: Rights | undefined, ownApis: readonly string[], apiId: string): boolean {
  if (rights?.closedBy !== undefined) return true // let in to be told that nothing is allowed
  if (!rights || rights.access.length === 0) return ownApis.includes(apiId)
  return rights.access.every((rules) => rules.some((rule) => rule.api === apiId))
}

export function mayCall(rights: Rights, apiId: string, operation: Operation): boolean {
  return rights.closedBy === undefined && rights.access.every((rules) => covered(rules, apiId, operation))
}

/** A limit with the name under which it is counted. */
export type Named<L> = L & { readonly name: string }

export interface LimitsFor {
  readonly rateLimits: readonly Named<RateLimit>[]
  readonly quotas: readonly Named<Quota>[]
}

/**
 * The limits that count for an operation, or for anything at all without one. Of several policies that cover it, the
 * rate limits of the most generous one, and the quotas of the most generous one; those of the session on top.
 */
export function limitsFor(rights: Rights, apiId?: string, operation?: Operation): LimitsFor {
  const covering = ({ access }: PolicyLimits): boolean =>
    access === undefined || apiId === undefined || operation === undefined || covered(access, apiId, operation)
  const policies = rights.limits.filter(covering)
  const session = rights.sessionLimits.filter(covering)
  const chosen = operation === undefined ? policies : undefined
  const rateLimits = chosen ?? mostGenerous(policies, ({ rateLimits }) => rateLimits.map(({ rate, per }) => rate / per))
  const quotas = chosen ?? mostGenerous(policies, ({ quotas }) => quotas.map(({ max, per }) => max / lengthOf(per)))
  return {
    rateLimits: [...rateLimits, ...session].flatMap(({ name, rateLimits }) => rateLimits.map((l) => ({ ...l, name }))),
    quotas: [...quotas, ...session].flatMap(({ name, quotas }) => quotas.map((limit) => ({ ...limit, name }))),
  }
}

/** The policy whose tightest limit is the widest; policies without such a limit have no say. */
function mostGenerous(
  policies: readonly PolicyLimits[],
  paces: (limits: PolicyLimits) => readonly number[],
): readonly PolicyLimits[] {
  const [best] = policies
    .filter((policy) => paces(policy).length > 0)
    .sort((a, b) => Math.min(...paces(b)) - Math.min(...paces(a)))
  return best ? [best] : []
}

const LENGTHS = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, month: 2_629_800_000 } as const
const lengthOf = (per: Quota['per']): number => (typeof per === 'number' ? per : LENGTHS[per])

export function covered(rules: readonly AccessRule[], apiId: string, operation: Operation): boolean {
  return rules.some((rule) => rule.api === apiId && namesOperation(rule, operation))
}

function namesOperation({ operations, tags }: AccessRule, operation: Operation): boolean {
  if (operations === undefined && tags === undefined) return true
  const place = placeOf(`${operation.method} ${operation.path}`)
  if (operations?.some((name) => name === operation.id || placeOf(name) === place)) return true
  return tags?.some((tag) => operation.tags.includes(tag)) ?? false
}

/** `get /pets/{petId}` and `GET /pets/{id}` are one. */
export function placeOf(name: string): string {
  const [, method, path] = /^([A-Za-z]+)\s+(\/.*)$/.exec(name) ?? []
  return method === undefined || path === undefined
    ? name
    : `${method.toUpperCase()} ${path.replaceAll(/\{[^{}]*\}/g, '{}')}`
}
