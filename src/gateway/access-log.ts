import type { AccessLogRules } from '../config/access-log.ts'
import type { Log, LogFields } from '../core/log.ts'
import { clientAddress } from './client-address.ts'
import type { EndedRequest } from './ended-request.ts'
import type { TrustsPeer } from './forwarded.ts'

/** Writes one line for each request that a rule wants; to be told of all. */
export function createAccessLog(
  rules: AccessLogRules,
  log: Log,
  trusts: TrustsPeer | undefined,
): (request: EndedRequest) => void {
  return (request) => {
    if (isWanted(request, rules)) log.info(fieldsOf(request, trusts), 'request')
  }
}

function isWanted(request: EndedRequest, rules: AccessLogRules): boolean {
  const { status, duration, api, client } = request
  return (
    status >= rules.fromStatus ||
    duration >= rules.slow ||
    (api !== undefined && rules.apis.has(api)) ||
    (client !== undefined && rules.clients.has(client)) ||
    isDrawn(request.requestId, rules.share)
  )
}

/** By its id, so that what belongs to one request is written everywhere or nowhere. */
const isDrawn = (requestId: string, share: number): boolean =>
  share >= 1 || (share > 0 && Number.parseInt(requestId.slice(0, 8), 16) < share * 2 ** 32)

/** Never a query or a header: those carry credentials. */
function fieldsOf(
  { requestId, method, api, operation, client, status, duration, call }: EndedRequest,
  trusts: TrustsPeer | undefined,
): LogFields {
  const { forwardedAt, answeredAt, servedBy, principal } = call ?? {}
  return {
    request_id: requestId,
    method,
    ...(call ? { path: call.target.path, address: clientAddress(call, trusts) } : {}),
    ...(api === undefined ? {} : { api }),
    ...(operation === undefined ? {} : { operation }),
    ...(client === undefined ? {} : { client }),
    ...(principal?.subject === undefined ? {} : { user: principal.subject }),
    status,
    duration_ms: duration,
    ...(servedBy ? { upstream: servedBy.origin } : {}),
    ...(forwardedAt === undefined || answeredAt === undefined ? {} : { upstream_ms: answeredAt - forwardedAt }),
    ...(call?.traceparent === undefined ? {} : { trace_id: call.traceparent.slice(3, 35) }),
  }
}
