import { Problem } from '../../core/problem.ts'
import type { Client } from '../clients/client.ts'
import type { AccessRule, SessionRules } from '../records/policy.ts'
import { placeOf, reaches } from '../tokens/rights.ts'

interface Excess {
  readonly pointer: string
  readonly message: string
}

/**
 * A session only narrows what the client's policies allow. Throws 422 `session_exceeds_policy` with everything in it that
 * goes beyond. Limits and lifetimes need no check: they count on top.
 */
export function checkSession(session: SessionRules | undefined, client: Client): void {
  if (!session) return
  const errors = [...accessBeyond(session, client), ...scopesBeyond(session, client)]
  if (errors.length === 0) return
  const detail = errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ')
  throw new Problem(422, 'session_exceeds_policy', detail, { members: { errors } })
}

function accessBeyond({ access = [] }: SessionRules, client: Client): readonly Excess[] {
  return access.flatMap((rule, index) => {
    const pointer = `/session/access/${index}`
    if (!reaches(client.rights, client.apis, rule.api)) {
      return [{ pointer: `${pointer}/api`, message: 'the client has no access to this API' }]
    }
    const lists = client.rights?.access ?? []
    const within = lists.every((rules) => isWithin(rule, rules))
    return within ? [] : [{ pointer, message: 'its policies do not give the client all of this' }]
  })
}

/** Whether everything that a rule gives is given by others. Operations of a tag are known by that tag alone. */
function isWithin(rule: AccessRule, rules: readonly AccessRule[]): boolean {
  const same = rules.filter(({ api }) => api === rule.api)
  if (same.some(({ operations, tags }) => operations === undefined && tags === undefined)) return true
  if (rule.operations === undefined && rule.tags === undefined) return false
  const operations = new Set(same.flatMap((one) => (one.operations ?? []).map(placeOf)))
  const tags = new Set(same.flatMap((one) => one.tags ?? []))
  return (
    (rule.operations ?? []).every((name) => operations.has(placeOf(name))) &&
    (rule.tags ?? []).every((tag) => tags.has(tag))
  )
}

function scopesBeyond({ scopes = [] }: SessionRules, client: Client): readonly Excess[] {
  const allowed = client.scopes
  if (!allowed) return []
  return scopes.flatMap((scope, index) =>
    allowed.includes(scope)
      ? []
      : [{ pointer: `/session/scopes/${index}`, message: 'the client may not have this scope' }],
  )
}

/**
 * The part that a session leaves of a scope, which is all or a part of what was `requested`. Throws 400 `invalid_scope` when
 * that is nothing: a token without scope would be taken for one with all of it (RFC 6749 §5.1).
 */
export function scopeUnder(
  session: SessionRules | undefined,
  scope: readonly string[],
  requested = scope,
): readonly string[] {
  const allowed = session?.scopes
  const left = allowed ? scope.filter((one) => allowed.includes(one)) : scope
  if (left.length > 0 || requested.length === 0) return left
  throw new Problem(
    400,
    'invalid_scope',
    'scope: nothing of what was requested is allowed; reject the request instead.',
  )
}
