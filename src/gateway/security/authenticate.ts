import type { Api, Security, SecurityScheme } from '../../api/api.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import { both } from '../../oauth/tokens/rights.ts'
import { StoreUnavailable } from '../../store/store.ts'
import type { Call, Step } from '../call.ts'
import type { CredentialDeps } from '../credentials/credential.ts'
import { compileCheck } from '../credentials/index.ts'
import { consumerTeller } from '../credentials/named-consumer.ts'
import { TokenServerUnavailable } from '../external-tokens/token-server-unavailable.ts'
import { compileRefusals } from './refuse.ts'
import { type Check, hasScopes, isRefusal, type Verdict } from './verdict.ts'

/** A requirement with its schemes replaced by their places in the list of checks. */
type Alternative = readonly { readonly check: number; readonly scopes: readonly string[] }[]

/**
 * OAS "Security Requirement Object", exactly: any one alternative, and of it every scheme with all its scopes. An empty
 * alternative makes credentials optional: good ones identify, bad ones are refused all the same. Undefined for an
 * operation that is public.
 */
export function authenticate(security: Security, api: Api, deps: CredentialDeps): Step | undefined {
  if (security.every((alternative) => alternative.length === 0)) return undefined
  const schemes = [...new Set(security.flatMap((alternative) => alternative.map(({ scheme }) => scheme)))]
  const checks = schemes.map((scheme) => compileCheck(scheme, api, deps))
  const alternatives = security.map((alternative) => indexed(alternative, schemes))
  const refuse = compileRefusals(security, schemes, api)
  const tell = deps.consumers && consumerTeller(deps.consumers)
  const settle = (call: Call, verdicts: readonly Verdict[]): Promise<void> | undefined => {
    const principal = firstSatisfied(alternatives, verdicts) ?? refuse(verdicts)
    if (principal === 'public') return undefined
    call.principal = principal
    if (principal.named === undefined || !tell) return undefined
    return tell(principal).then((told) => {
      call.principal = told
    })
  }
  const only = checks.length === 1 ? checks[0] : undefined
  return only
    ? (call) => {
        const verdict = only(call)
        return verdict instanceof Promise
          ? guarded(verdict).then((late) => settle(call, [late]))
          : settle(call, [verdict])
      }
    : (call) => {
        const verdicts = checks.map((check) => tried(check, call))
        return verdicts.some((verdict) => verdict instanceof Promise)
          ? Promise.all(verdicts).then((late) => settle(call, late))
          : settle(call, verdicts as readonly Verdict[])
      }
}

function indexed(alternative: Security[number], schemes: readonly SecurityScheme[]): Alternative {
  return alternative.map(({ scheme, scopes }) => ({ check: schemes.indexOf(scheme), scopes }))
}

function tried(check: Check, call: Call): Verdict | Promise<Verdict> {
  const verdict = check(call)
  return verdict instanceof Promise ? guarded(verdict) : verdict
}

/** A store, or a server of others, that does not answer leaves its scheme undecided: another alternative may still be satisfied. */
function guarded(verdict: Promise<Verdict>): Promise<Verdict> {
  return verdict.catch((error: unknown) => {
    if (error instanceof StoreUnavailable || error instanceof TokenServerUnavailable)
      return { refused: 'unknown', detail: 'Credentials cannot be checked now.', cause: error }
    throw error
  })
}

function firstSatisfied(alternatives: readonly Alternative[], verdicts: readonly Verdict[]): Principal | undefined {
  for (const alternative of alternatives) {
    let principal: Principal | undefined
    let satisfied = alternative.length > 0
    for (const { check, scopes } of alternative) {
      const verdict = verdicts[check] as Verdict
      if (isRefusal(verdict) || !hasScopes(verdict, scopes)) {
        satisfied = false
        break
      }
      principal = principal === undefined || principal === verdict ? verdict : merged(principal, verdict)
    }
    if (satisfied) return principal
  }
  return undefined
}

/** Two credentials of one request: what the first one does not say, the second may. */
function merged(first: Principal, second: Principal): Principal {
  return {
    ...second,
    ...first,
    scope: new Set([...first.scope, ...second.scope]),
    policies: [...new Set([...first.policies, ...second.policies])],
    ...(first.rights && second.rights ? { rights: both(first.rights, second.rights) } : {}),
    metadata: { ...second.metadata, ...first.metadata },
    ...endOf(first, second),
  }
}

/** Both must be good, so the first end counts. */
function endOf(first: Principal, second: Principal): Pick<Principal, 'expiresAt'> {
  const ends = [first.expiresAt, second.expiresAt].filter((end) => end !== undefined)
  return ends.length === 0 ? {} : { expiresAt: Math.min(...ends) }
}
