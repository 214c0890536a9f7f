import type { Api, Operation } from '../../api/api.ts'
import type { Quota, RateLimit } from '../../api/settings/limits.ts'
import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Call, Step } from '../call.ts'
import type { TrustsPeer } from '../forwarded.ts'
import { documentMeters } from '../policies/limit-policy.ts'
import { metersFor } from './client-limits.ts'
import type { Limiter } from './limiter.ts'
import { type Meter, subjectOf } from './meter.ts'

interface LimitsDeps {
  readonly clock: Clock
  readonly limiter: Limiter
  readonly trusts?: TrustsPeer
}

/** Limits that are shown at most. */
const SHOWN = 100

const known = new WeakMap<Api, Operation>()

/** Where the holder of any credential of an API sees its own limits: an operation that the gateway answers itself. */
export function limitsOperation(api: Api, path: string): Operation {
  const made = known.get(api)
  if (made) return made
  const security = [...api.securitySchemes.values()].map((scheme) => [{ scheme, scopes: [] }])
  const operation: Operation = { id: path, method: 'GET', path, tags: [], security, policies: new Map() }
  known.set(api, operation)
  return operation
}

export const isLimitsOperation = (api: Api, operation: Operation): boolean => known.get(api) === operation

/** Tells what the limits of whoever asks are, and how much is left of them. Counts nothing. */
export function answerLimits(api: Api, deps: LimitsDeps): Step {
  const ofDocument = metersOfDocument(api, deps.limiter)
  return async (call) => {
    onlyGet(call)
    const rights = call.principal?.rights
    const ofClient: Shown[] = (rights ? metersFor(rights, deps.limiter) : []).map((meter) => ({ meter }))
    const shown = await Promise.all([...ofClient, ...ofDocument].slice(0, SHOWN).map((one) => stateOf(one, call, deps)))
    const { clientId, subject, policies = [] } = call.principal ?? {}
    answer(call, {
      ...(clientId === undefined ? {} : { client_id: clientId }),
      ...(subject === undefined ? {} : { user: subject }),
      policies,
      rate_limits: shown.filter(({ kind }) => kind === 'rate').map(({ state }) => state),
      quotas: shown.filter(({ kind }) => kind === 'quota').map(({ state }) => state),
    })
  }
}

interface Shown {
  readonly meter: Meter
  /** The operation that it counts alone. */
  readonly operation?: string
}

function metersOfDocument(api: Api, limiter: Limiter): readonly Shown[] {
  const seen = new Set<string>()
  return api.routes.operations.flatMap((operation) =>
    ['rateLimit', 'quota'].flatMap((policy) => {
      const limits = (operation.policies.get(policy) ?? []) as readonly (RateLimit | Quota)[]
      const isApis = operation.inherited?.has(policy) ?? false
      if (isApis && seen.has(policy)) return []
      if (isApis) seen.add(policy)
      const named = isApis ? {} : { operation: operation.id }
      return documentMeters(limits, policy, { api, operation, limiter }).map((meter): Shown => ({ meter, ...named }))
    }),
  )
}

async function stateOf({ meter, operation }: Shown, call: Call, { clock, trusts }: LimitsDeps) {
  const { remaining, resetIn } = await meter.look(subjectOf(meter.by, call, trusts))
  const common = { name: meter.name, ...(operation === undefined ? {} : { operation }), by: meter.by, per: meter.per }
  const now = clock.now()
  const state =
    meter.kind === 'rate'
      ? { ...common, limit: meter.most, remaining, resets_in: Math.ceil(resetIn / 1000) }
      : { ...common, limit: meter.most, remaining, renews_at: new Date(now + resetIn).toISOString() }
  return { kind: meter.kind, state }
}

function onlyGet({ req }: Call): void {
  if (req.method === 'GET' || req.method === 'HEAD') return
  throw new Problem(405, 'method_not_allowed', 'Limits are only read.', { headers: { Allow: 'GET, HEAD' } })
}

function answer({ req, res, requestId }: Call, body: unknown): void {
  const text = JSON.stringify(body)
  res.writeHead(200, [
    'Content-Type',
    'application/json',
    'Content-Length',
    String(Buffer.byteLength(text)),
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    requestId,
  ])
  res.end(req.method === 'HEAD' ? '' : text)
}
