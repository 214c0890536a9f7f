import type { PolicyRecord, PolicyRules, SessionRules } from '../records/policy.ts'
import { NO_RIGHTS, type PolicyLimits, type Rights } from '../tokens/rights.ts'

/**
 * What several policies come to, in the order in which they are assigned. Access rights and scopes add up, lifetimes are
 * the shortest, metadata of later ones wins; of limits see `limitsFor`. A policy that is missing or inactive closes
 * everything, whatever the others say: dropping it could drop a limit.
 */
export function rightsOf(ids: readonly string[], policies: readonly (PolicyRecord | undefined)[]): Rights {
  const closedBy = ids.find((_, index) => policies[index]?.active !== true)
  if (closedBy !== undefined) return { ...NO_RIGHTS, closedBy }
  const present = policies.filter((policy) => policy !== undefined)
  const access = present.filter((policy) => policy.access !== undefined).flatMap((policy) => policy.access ?? [])
  const scopes = present.flatMap((policy) => (policy.scopes ? [policy.scopes] : []))
  return {
    access: present.some((policy) => policy.access !== undefined) ? [access] : [],
    limits: present.map((policy) => limitsOf(policy.id, policy)).filter(isLimited),
    sessionLimits: [],
    ...(scopes.length === 0 ? {} : { scopes: new Set(scopes.flat()) }),
    ...shortest(present),
    metadata: Object.assign({}, ...present.map(({ metadata }) => metadata)),
  }
}

/** Rights as far as the session of a token leaves them. */
export function narrowed(rights: Rights, session: SessionRules | undefined): Rights {
  if (!session) return rights
  const { access, scopes } = session
  const allowed = rights.scopes
  const limits = limitsOf('session', session)
  return {
    ...rights,
    access: access === undefined ? rights.access : [...rights.access, access],
    sessionLimits: isLimited(limits) ? [limits] : [],
    ...(scopes === undefined ? {} : { scopes: new Set(allowed ? scopes.filter((one) => allowed.has(one)) : scopes) }),
    ...shortest([rights, session]),
  }
}

function limitsOf(name: string, { access, rateLimits = [], quotas = [] }: PolicyRules): PolicyLimits {
  return { name, ...(access === undefined ? {} : { access }), rateLimits, quotas }
}

const isLimited = ({ rateLimits, quotas }: PolicyLimits): boolean => rateLimits.length + quotas.length > 0

type Lifetimes = Pick<PolicyRules, 'accessTokenLifetime' | 'refreshTokenLifetime'>

function shortest(all: readonly Lifetimes[]): Lifetimes {
  const access = all.flatMap(({ accessTokenLifetime }) => accessTokenLifetime ?? [])
  const refresh = all.flatMap(({ refreshTokenLifetime }) => refreshTokenLifetime ?? [])
  return {
    ...(access.length === 0 ? {} : { accessTokenLifetime: Math.min(...access) }),
    ...(refresh.length === 0 ? {} : { refreshTokenLifetime: Math.min(...refresh) }),
  }
}
