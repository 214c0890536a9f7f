import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Api, Operation } from '../api/api.ts'
import type { RetriesSettings } from '../api/settings/load-balancing.ts'
import type { Instant } from '../core/clock.ts'
import type { Problem } from '../core/problem.ts'
import type { Principal } from '../oauth/tokens/principal.ts'
import type { UpstreamCredential } from '../upstream/credentials/upstream-credential.ts'
import type { Target } from '../upstream/target.ts'
import type { BodyCopy } from './body-copy.ts'
import type { HeadEdit } from './head-edit.ts'
import type { RequestTarget } from './request-target.ts'
import type { ResponseTap } from './response-tap.ts'
import type { Snapshot } from './snapshot.ts'
import { type CredentialPlaces, stripQuery } from './strip-credential.ts'
import type { Upgrade } from './upgrade.ts'
import type { UpstreamGroup } from './upstream-group.ts'
import type { TunnelLimits } from './websocket-tunnel.ts'

/** What is decided of an operation before any request: which steps it takes, and where it goes. */
export interface Plan {
  readonly operation: Operation
  readonly steps: readonly Step[]
  /** What holds for every place of the upstream: paths, `Host`, time limits. */
  readonly target: Target
  readonly upstream: UpstreamGroup
  /** How often requests are sent again when a policy says nothing else. */
  readonly retries: RetriesSettings | undefined
  /** Credentials to remove before forwarding; undefined when they go on. */
  readonly strip: CredentialPlaces | undefined
  /** What the gateway itself shows the upstream. */
  readonly credential: UpstreamCredential | undefined
}

/** A request as it comes from the listener. */
export interface Arrival {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** 32 hexadecimal digits, made here; names the request in answers, logs and upstream. */
  readonly requestId: string
  /** The client sent `Expect: 100-continue` and waits for it. */
  readonly awaitsContinue: boolean
  /** The client asks for a WebSocket. */
  readonly upgrade?: Upgrade
  /** Ids of the API and of its operation (or the path of the OAuth endpoint) as soon as they are found; for counting. */
  api?: string
  operation?: string
  /** The client that authenticated at an OAuth endpoint. */
  client?: string
  /** What became of it, as soon as its operation is found. */
  call?: Call
}

/** Where in an API a request goes. */
export interface Place {
  readonly api: Api
  readonly rest: string
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * One request on its way through the data plane. A class, so that all calls have one shape and a step costs no copy;
 * what is not `readonly` is filled in by the step that finds it out.
 */
export class Call {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId: string
  readonly awaitsContinue: boolean
  readonly upgrade: Upgrade | undefined
  readonly target: RequestTarget
  /** The snapshot it began with; it ends on the same one. */
  readonly snapshot: Snapshot
  readonly api: Api
  /** Path below the listen path, percent-encoded as it came. */
  readonly rest: string
  /** Values of the operation's path parameters, decoded once. */
  readonly parameters: Readonly<Record<string, string>>
  readonly plan: Plan

  /** Path to send upstream, percent-encoded, before the upstream's base path is put in front. */
  path: string
  /** Query to send upstream, with its question mark. */
  query: string
  /** Headers to send upstream, flat: name, value, name, value. */
  headers: string[] = []
  /** What the client said of its connection's trace, when it is well-formed. */
  traceparent: string | undefined = undefined
  /** `Forwarded` and its older kin as the client said them; empty unless its address is trusted. */
  forwardedBy: string[] = []
  /** How many `Authorization` headers there are; `req.headers` shows the first one only. */
  authorizations = 0
  /** Bytes of the request body; -1: chunked, so unknown; 0: none. */
  bodyLength = 0
  /** Bytes of request body that are passed on at most. */
  bodyLimit = Number.POSITIVE_INFINITY
  /** The whole body, where a step had to read it. */
  held: BodyCopy | undefined = undefined
  /** Milliseconds until the response headers must have arrived. */
  timeout: number
  retries: RetriesSettings | undefined
  principal: Principal | undefined = undefined
  /** What to answer where the path, or its method, is unknown. */
  unknown: Problem | undefined = undefined
  /** Whether the credentials that were shown are still good, to be asked again as long as a WebSocket is open. */
  readonly proofs: (() => Promise<boolean>)[] = []
  /** It is to be forwarded as a WebSocket, within these limits. */
  websocket: TunnelLimits | undefined = undefined
  /** Value of the plan's credential as it was put into the headers. */
  shown: string | undefined = undefined
  /** Whether its spans are recorded. */
  traced = false
  /** When it went to the upstream first, and where it went last. */
  forwardedAt: Instant | undefined = undefined
  servedBy: Target | undefined = undefined
  /** When the head of the upstream's answer came. */
  answeredAt: Instant | undefined = undefined
  /** What the answer says of the limits that counted this call. */
  limits: { policy: string; state: string } | undefined = undefined
  /** Hears the answer of the upstream. */
  tap: ResponseTap | undefined = undefined
  /** What is done to the head of the answer, in this order, whether it comes from the upstream or from here. */
  readonly edits: HeadEdit[] = []

  constructor(arrival: Arrival, target: RequestTarget, snapshot: Snapshot, place: Place, plan: Plan) {
    this.req = arrival.req
    this.res = arrival.res
    this.requestId = arrival.requestId
    this.awaitsContinue = arrival.awaitsContinue
    this.upgrade = arrival.upgrade
    this.target = target
    this.snapshot = snapshot
    this.api = place.api
    this.rest = place.rest
    this.parameters = place.parameters
    this.plan = plan
    this.path = place.api.stripListenPath ? place.rest : target.path
    this.query = plan.strip && plan.strip.queries.size > 0 ? stripQuery(target.query, plan.strip.queries) : target.query
    this.timeout = plan.target.totalTimeout
    this.retries = plan.retries
  }
}

/**
 * One thing that happens to a call before it is forwarded. Throws a `Problem` (or rejects with one) to answer instead, or
 * answers on `call.res` itself, and then nothing further happens.
 * Returns a promise only when it has to wait: what is decided from memory stays synchronous.
 */
export type Step = (call: Call) => Promise<void> | undefined
