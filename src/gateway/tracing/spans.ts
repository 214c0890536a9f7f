import type { Random } from '../../core/random.ts'
import type { EndedRequest } from '../ended-request.ts'

/** A span as OTLP's JSON has it. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: 2 | 3
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly Attribute[]
  readonly status: { readonly code?: 2 }
}

export interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue: string } | { readonly intValue: string }
}

const SERVER = 2
const CLIENT = 3

/**
 * The span of a request, and where it went on that of the call to the upstream, in the words of OpenTelemetry's semantic
 * conventions. The server span is the one that the upstream was told of in `traceparent`.
 */
export function spansOf(request: EndedRequest, random: Random): readonly Span[] {
  const { requestId, method, operation, status, at, duration, call } = request
  const inbound = call?.traceparent
  const traceId = inbound?.slice(3, 35) ?? requestId
  const spanId = requestId.slice(16)
  const server: Span = {
    traceId,
    spanId,
    ...(inbound === undefined ? {} : { parentSpanId: inbound.slice(36, 52) }),
    name: operation === undefined ? method : `${method} ${call?.plan.operation.path ?? operation}`,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(at - duration),
    endTimeUnixNano: nanoseconds(at),
    attributes: attributesOf(request),
    status: status >= 500 ? { code: 2 } : {},
  }
  if (call?.forwardedAt === undefined || !call.servedBy) return [server]
  const upstream: Span = {
    traceId,
    spanId: random(8).toString('hex'),
    parentSpanId: spanId,
    name: method,
    kind: CLIENT,
    startTimeUnixNano: nanoseconds(call.forwardedAt),
    endTimeUnixNano: nanoseconds(call.answeredAt ?? at),
    attributes: [text('http.request.method', method), text('server.address', call.servedBy.serverName)],
    status: call.answeredAt === undefined ? { code: 2 } : {},
  }
  return [server, upstream]
}

/** Never a query: it may carry credentials. */
function attributesOf({ requestId, method, api, operation, client, status, call }: EndedRequest): readonly Attribute[] {
  return [
    text('http.request.method', method),
    { key: 'http.response.status_code', value: { intValue: String(status) } },
    text('gatehouse.request_id', requestId),
    ...(call
      ? [text('url.path', call.target.path), text('http.route', call.api.listenPath + call.plan.operation.path)]
      : []),
    ...(api === undefined ? [] : [text('gatehouse.api', api)]),
    ...(operation === undefined ? [] : [text('gatehouse.operation', operation)]),
    ...(client === undefined ? [] : [text('gatehouse.client', client)]),
  ]
}

export const text = (key: string, value: string): Attribute => ({ key, value: { stringValue: value } })

const nanoseconds = (milliseconds: number): string => `${Math.floor(milliseconds)}000000`
