import type { Api, Operation } from '../api/api.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { Problem } from '../core/problem.ts'
import type { Random } from '../core/random.ts'
import type { UpstreamCredentials } from '../upstream/credentials/upstream-credentials.ts'
import type { ResponseCache } from './cache/response-cache.ts'
import type { Call, Plan, Step } from './call.ts'
import type { CredentialDeps } from './credentials/credential.ts'
import { credentialPlaces } from './credentials/index.ts'
import type { TrustsPeer } from './forwarded.ts'
import { clientLimits } from './limits/client-limits.ts'
import type { Limiter } from './limits/limiter.ts'
import { answerLimits, isLimitsOperation } from './limits/limits-operation.ts'
import { forgetOnChange, isCached } from './policies/cache.ts'
import { AUTHENTICATION, ORDER, PLUGINS, policySettings } from './policies/index.ts'
import { ipAccess } from './policies/ip-access.ts'
import type { Policy } from './policies/policy.ts'
import { addressRateLimit } from './policies/rate-limit.ts'
import { authenticate } from './security/authenticate.ts'
import { checkRights } from './security/client-rights.ts'
import { httpsOnly } from './security/https-only.ts'
import type { CredentialPlaces } from './strip-credential.ts'
import { showCredential } from './upstream-credential.ts'
import type { Lane } from './upstream-group.ts'
import type { UpstreamGroups } from './upstream-groups.ts'
import type { RequestChecks } from './validation/request-check.ts'

/** What operations are served with: what checks credentials, and what policies may use. */
export interface PlanDeps extends CredentialDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly limiter: Limiter
  /** Policies of the plugin folder, by name. */
  readonly plugins?: ReadonlyMap<string, Policy>
  readonly responses: ResponseCache
  readonly requestChecks: RequestChecks
  readonly trusts?: TrustsPeer
  readonly upstreamCredentials: UpstreamCredentials
}

/** Gives the plan of an operation: made when it is first used, kept as long as the operation lives. */
export type Planner = (api: Api, operation: Operation) => Plan

export function createPlanner(deps: PlanDeps, upstreams: UpstreamGroups): Planner {
  const plans = new WeakMap<Operation, Plan>()
  return (api, operation) => {
    const known = plans.get(operation)
    if (known) return known
    const plan = compilePlan(api, operation, deps, upstreams)
    plans.set(operation, plan)
    return plan
  }
}

function compilePlan(api: Api, operation: Operation, deps: PlanDeps, upstreams: UpstreamGroups): Plan {
  const upstream = upstreams.groupFor(api.upstream, operation.upstreamUrl)
  const credential = deps.upstreamCredentials.for(operation.upstreamAuthentication ?? api.upstream.authentication)
  const steps = compileSteps(api, operation, deps)
  return {
    operation,
    steps: credential ? [...steps, showCredential(credential)] : steps,
    target: (upstream.lanes[0] as Lane).target,
    upstream,
    retries: api.upstream.retries,
    strip: stripFor(api, credential?.header),
    credential,
  }
}

/** Where nothing of the client's may stand: its credentials if the document says so, and what the gateway says itself. */
function stripFor(api: Api, credential: string | undefined): CredentialPlaces | undefined {
  const strips = api.authentication.enabled && api.authentication.strip
  const schemes = [...api.securitySchemes.values()]
  const told = schemes.flatMap((scheme) => (scheme.kind === 'external' ? Object.keys(scheme.claims.headers) : []))
  const own = credential === undefined ? told : [...told, credential]
  if (!strips && own.length === 0) return undefined
  const { headers, queries, cookies } = credentialPlaces(strips ? schemes : [])
  return { headers: new Set([...headers, ...own.map((name) => name.toLowerCase())]), queries, cookies }
}

function compileSteps(api: Api, operation: Operation, deps: PlanDeps): Step[] {
  if (isLimitsOperation(api, operation)) return limitsSteps(api, operation, deps)
  const steps = ORDER.flatMap((entry): Step[] => {
    if (entry === AUTHENTICATION) {
      if (operation === api.outside) return [refuseUnknown]
      if (operation.blocked) return [refuseBlocked]
      const step = authenticate(operation.security, api, deps)
      return step ? [refusePlain(api, deps), step, checkRights(api, operation), clientLimits(api, operation, deps)] : []
    }
    if (entry === PLUGINS) return pluginSteps(api, operation, deps)
    return stepOf(entry, api, operation, deps)
  })
  const forgets = !isCached(operation) && api.routes.operations.some(isCached)
  return forgets ? [...steps, forgetOnChange(deps)] : steps
}

/** A plugin that an operation asks for and that has gone meanwhile is not left out; it may come back. */
function pluginSteps(api: Api, operation: Operation, deps: PlanDeps): Step[] {
  const names = [...operation.policies.keys()].filter((name) => !policySettings.has(name)).sort()
  return names.flatMap((name): Step[] => {
    const create = (policy: Policy) => policy.create(operation.policies.get(name), { ...deps, api, operation })
    const policy = deps.plugins?.get(name)
    if (!policy) return [onceThere(name, deps.plugins, create)]
    const step = create(policy)
    return step ? [step] : []
  })
}

/** Looks for the plugin at each call until it is there, and refuses till then: the plan may outlive its absence. */
function onceThere(name: string, plugins: PlanDeps['plugins'], create: (policy: Policy) => Step | undefined): Step {
  let made: { readonly step: Step | undefined } | undefined
  return (call) => {
    const policy = plugins?.get(name)
    if (policy) made ??= { step: create(policy) }
    if (!made) throw new Problem(500, 'plugin_missing', `The policy ${name} is not there.`)
    return made.step?.(call)
  }
}

/** Credentials that came in the clear are refused before anybody looks at them. */
function refusePlain(api: Api, { trusts, log }: PlanDeps): Step {
  const check = httpsOnly(api, trusts, log)
  return (call) => {
    check(call.req)
    return undefined
  }
}

/** Credentials are tried here as anywhere else: what holds for addresses in the whole API holds here. */
function limitsSteps(api: Api, operation: Operation, deps: PlanDeps): Step[] {
  const { outside } = api
  const ofAddresses = outside
    ? [ipAccess, addressRateLimit].flatMap((policy) => stepOf(policy, api, outside, deps))
    : []
  const step = authenticate(operation.security, api, deps)
  return [...ofAddresses, ...(step ? [refusePlain(api, deps), step] : []), answerLimits(api, deps)]
}

function stepOf(policy: Policy, api: Api, operation: Operation, deps: PlanDeps): Step[] {
  const settings = operation.policies.get(policy.name) ?? policy.initial?.({ api, operation })
  const step = settings === undefined ? undefined : policy.create(settings, { ...deps, api, operation })
  return step ? [step] : []
}

/** What stands before authentication has had its say: a page of another origin can read the answer, for instance. */
function refuseUnknown({ unknown }: Call): undefined {
  throw unknown ?? new Problem(404, 'not_found', 'The API has no such path.')
}

/** Whoever asks: a blocked operation tells nobody whether their credentials are good. */
function refuseBlocked(): undefined {
  throw new Problem(403, 'blocked', 'This operation is blocked.')
}
