import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Api, OAuthEndpoint, RouteMatch } from '../api/api.ts'
import { Problem } from '../core/problem.ts'
import type { Random } from '../core/random.ts'
import type { FollowPrincipal } from '../oauth/tokens/follow-principals.ts'
import type { UpstreamCredentials } from '../upstream/credentials/upstream-credentials.ts'
import { answerCall, answerError } from './answer.ts'
import { createResponseCache, type ResponseCache } from './cache/response-cache.ts'
import { type Arrival, Call } from './call.ts'
import { clientAddress, originOf } from './client-address.ts'
import type { CredentialDeps } from './credentials/credential.ts'
import { type EndedRequest, whenEnded } from './ended-request.ts'
import { type ForwardDeps, forward } from './forward.ts'
import { createUpstreamPools } from './forward-pools.ts'
import { checkFraming } from './framing.ts'
import type { Limiter } from './limits/limiter.ts'
import { limitsOperation } from './limits/limits-operation.ts'
import { createPlanner, type Planner } from './plan.ts'
import { answersPreflight, preflightMethod } from './policies/cors.ts'
import { refuseOutside } from './policies/ip-access.ts'
import type { Policy } from './policies/policy.ts'
import { readRequestHeaders } from './request-headers.ts'
import { parseRequestTarget, type RequestTarget } from './request-target.ts'
import { httpsOnly } from './security/https-only.ts'
import type { Snapshot } from './snapshot.ts'
import { requestIds } from './trace.ts'
import type { Sampler } from './tracing/sampler.ts'
import type { Upgrade } from './upgrade.ts'
import { createUpstreamGroups, type UpstreamReport } from './upstream-groups.ts'
import { createRequestChecks } from './validation/request-check.ts'
import { createWebSockets, type WebSockets } from './websockets.ts'

export interface DataPlaneDeps extends CredentialDeps, Omit<ForwardDeps, 'webSockets'> {
  /** The APIs that are live now. */
  readonly snapshot: () => Snapshot
  readonly random: Random
  readonly limiter: Limiter
  /** Which requests are traced; none when absent. */
  readonly sampler?: Sampler
  /** Policies of the plugin folder, by name; changes as files do. */
  readonly plugins?: ReadonlyMap<string, Policy>
  readonly upstreamCredentials: UpstreamCredentials
  /** Answers a request to a mounted endpoint of the authorization server. */
  readonly oauth: (
    req: IncomingMessage,
    res: ServerResponse,
    api: Api,
    endpoint: OAuthEndpoint,
    /** Hears which client it is, once that is proven. */
    identified: (clientId: string) => void,
  ) => void
  /**
   * Answers a request for metadata and says so; false leaves it to the API. With an API, `path` is below its listen path;
   * without one, it is the whole path.
   */
  readonly wellKnown: (req: IncomingMessage, res: ServerResponse, path: string, api: Api | undefined) => boolean
  /** Hears of every request when its answer has been sent. */
  readonly ended?: (request: EndedRequest) => void
  /** Tells when what is known of a principal may have changed. */
  readonly followPrincipal: FollowPrincipal
}

interface ServeDeps extends DataPlaneDeps {
  readonly webSockets: WebSockets
}

/** Everything that clients of the served APIs talk to. */
export interface DataPlane {
  /** Serves one request; never throws. `awaitsContinue`: the client waits for `100 Continue` before it sends the body. */
  handle(req: IncomingMessage, res: ServerResponse, awaitsContinue?: boolean, upgrade?: Upgrade): void
  /** Says good-bye on all WebSockets: no drain would wait for their end. */
  goAway(): void
  /** To be called whenever other APIs are live: the health of their upstreams is checked from then on. */
  adopt(snapshot: Snapshot): void
  /** For operators. */
  readonly report: () => DataPlaneReport
  /** Closes the connections to all upstreams when the last request has ended. */
  close(): Promise<void>
}

export interface DataPlaneReport {
  readonly upstreams: UpstreamReport
  readonly responses: ResponseCache['counts']
  /** How many are open. */
  readonly webSockets: number
  /** Requests for tokens to authenticate at upstreams with. */
  readonly upstreamTokens: UpstreamCredentials['counts']
}

/** Bytes of the answers that are kept, all together. */
const CACHED_BYTES = 64 * 1024 * 1024

export function createDataPlane(deps: DataPlaneDeps): DataPlane {
  const nextRequestId = requestIds(deps.random)
  const pools = createUpstreamPools(deps.clock)
  const webSockets = createWebSockets(deps)
  const parts: ServeDeps = { ...deps, webSockets }
  const upstreams = createUpstreamGroups({ pools, ...deps })
  const responses = createResponseCache(CACHED_BYTES)
  const plan = createPlanner({ ...deps, responses, requestChecks: createRequestChecks() }, upstreams)
  return {
    handle(req, res, awaitsContinue = false, upgrade?: Upgrade) {
      const requestId = nextRequestId()
      const arrival: Arrival = { req, res, requestId, awaitsContinue, ...(upgrade ? { upgrade } : {}) }
      if (deps.ended) whenEnded(arrival, deps.clock.now, deps.ended)
      try {
        serve(arrival, parts, plan)
      } catch (error) {
        answerError(req, res, requestId, error, deps)
      }
    },
    report: () => ({
      upstreams: upstreams.report(),
      responses: responses.counts,
      webSockets: webSockets.size,
      upstreamTokens: deps.upstreamCredentials.counts,
    }),
    adopt(snapshot) {
      upstreams.adopt(snapshot.apis.values())
      webSockets.adopt(snapshot)
    },
    goAway: () => webSockets.goAway(),
    close() {
      upstreams.close()
      return pools.close()
    },
  }
}

function serve(arrival: Arrival, deps: ServeDeps, plan: Planner): void {
  const { req, res } = arrival
  const target = parseRequestTarget(req.url ?? '')
  if (!target) throw new Problem(400, 'bad_request', 'The request target is not valid.')
  const host = hostOf(req, target)
  const snapshot = deps.snapshot()
  if (target.path.startsWith('/.well-known/')) {
    checkFraming(req)
    if (deps.wellKnown(req, res, target.path, undefined)) return
  }
  const place = snapshot.match(host, target.path)
  if (!place?.api.active) throw new Problem(404, 'not_found', 'No API is served here.')
  const { api, rest } = place
  arrival.api = api.id
  if (serveOAuth(arrival, api, rest, deps)) return
  const found = ownOperation(api, rest) ?? preflighted(api, req, rest) ?? route(api, req.method ?? '', rest)
  const operation = found instanceof Problem ? api.outside : found.operation
  if (!operation) throw found
  if (operation !== api.outside) arrival.operation = operation.id
  const parameters = found instanceof Problem ? {} : found.parameters
  const call = new Call(arrival, target, snapshot, { api, rest, parameters }, plan(api, operation))
  if (found instanceof Problem) call.unknown = found
  arrival.call = call
  readRequestHeaders(call)
  if (deps.sampler) call.traced = deps.sampler(call.requestId, call.traceparent)
  try {
    run(call, 0, deps)
  } catch (error) {
    answerCall(call, error, deps)
  }
}

const HOST = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])(?::\d*)?$/
let lastHost = ''

/** RFC 9112 §3.2: an absolute target's authority, else `Host`, which HTTP/1.1 requires. */
function hostOf(req: IncomingMessage, target: RequestTarget): string {
  const host = target.authority ?? req.headers.host
  if (host === undefined && req.httpVersionMinor === 0) return ''
  if (host === undefined || (host !== lastHost && !HOST.test(host))) {
    throw new Problem(400, 'bad_request', 'There must be one valid Host header.')
  }
  lastHost = host // most requests in a row name the same one
  return host
}

/** Below a listen path: where clients look for its metadata documents that do not put the name before the path. */
const METADATA: ReadonlySet<string> = new Set([
  '/.well-known/openid-configuration',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-protected-resource',
])

/** Endpoints of the authorization server come before the API's own operations. */
function serveOAuth(arrival: Arrival, api: Api, rest: string, deps: DataPlaneDeps): boolean {
  const { req, res, awaitsContinue } = arrival
  const path = rest.endsWith('/') ? rest.slice(0, -1) : rest
  const endpoint = api.endpoints.get(path)
  const isMetadata = METADATA.has(path)
  if (endpoint || isMetadata) {
    checkFraming(req)
    refuseOutside(api, () => clientAddress(originOf(req), deps.trusts))
  }
  if (endpoint) {
    httpsOnly(api, deps.trusts, deps.log)(req)
    arrival.operation = endpoint.path
    if (awaitsContinue) res.writeContinue()
    deps.oauth(req, res, api, endpoint, (clientId) => {
      arrival.client = clientId
    })
    return true
  }
  return isMetadata && deps.wellKnown(req, res, rest, api)
}

/**
 * The operation that a browser asks about before it calls it, when its CORS policy answers; `OPTIONS` need not be declared.
 * Throws where neither is the case: what the API as a whole allows is not allowed for an operation that wants no CORS.
 */
function preflighted(api: Api, req: IncomingMessage, rest: string): Matched | undefined {
  const method = preflightMethod(req)
  const match = method === undefined ? undefined : api.routes.match(method, rest)
  if (match?.kind !== 'operation') return undefined
  if (answersPreflight(match.operation)) return match
  const found = route(api, 'OPTIONS', rest)
  if (found instanceof Problem) throw found
  if (!answersPreflight(found.operation)) return found
  throw new Problem(403, 'cross_origin_refused', 'Pages of other origins may not call this operation.')
}

/** What the gateway answers itself for whoever has credentials of the API. */
function ownOperation(api: Api, rest: string): Matched | undefined {
  const path = rest.endsWith('/') ? rest.slice(0, -1) : rest
  if (path !== api.limitsPath) return undefined
  return { kind: 'operation', operation: limitsOperation(api, path), parameters: {} }
}

type Matched = Extract<RouteMatch, { readonly kind: 'operation' }>

/** The operation, or what to answer because there is none. */
function route(api: Api, method: string, rest: string): Matched | Problem {
  const match = api.routes.match(method, rest)
  if (match.kind === 'operation') return match
  if (match.kind === 'notFound') return new Problem(404, 'not_found', 'The API has no such path.')
  const headers = { Allow: match.allow.join(', ') }
  return new Problem(405, 'method_not_allowed', 'The path does not know this method.', { headers })
}

/** Takes the plan's steps from the given one on, waiting only where a step has to wait, and forwards what none answered. */
function run(call: Call, from: number, deps: ForwardDeps): void {
  const { steps } = call.plan
  for (let index = from; index < steps.length && !call.res.headersSent; index++) {
    const waiting = steps[index]?.(call)
    if (waiting) {
      waiting.then(() => run(call, index + 1, deps)).catch((error: unknown) => answerCall(call, error, deps))
      return
    }
  }
  if (!call.res.destroyed && !call.res.headersSent) forward(call, deps)
}
