import type { Instant } from '../core/clock.ts'
import type { Arrival, Call } from './call.ts'

/** What became of a request to the data plane, whoever answered it. */
export interface EndedRequest {
  readonly requestId: string
  readonly method: string
  /** Missing where no API listens. */
  readonly api: string | undefined
  /** Id of the operation, the path of an OAuth endpoint, or missing when the API has no such operation. */
  readonly operation: string | undefined
  /** The client application, or whoever else was authenticated; missing where nobody was. */
  readonly client: string | undefined
  /** 499 when the client went away before there was an answer. */
  readonly status: number
  /** Of the end of its answer. */
  readonly at: Instant
  /** Milliseconds from the arrival of its head to the end of its answer. */
  readonly duration: number
  /** How it went on to the upstream; missing where it was answered before. */
  readonly call: Call | undefined
}

/** nginx's word for it; no answer has this status. */
const CLIENT_GONE = 499

/** Calls `ended` once, when the answer has been sent or the connection is gone. */
export function whenEnded(arrival: Arrival, now: () => number, ended: (request: EndedRequest) => void): void {
  const { res } = arrival
  const began = now()
  res.once('close', () => {
    const { req, requestId, api, operation, call } = arrival
    const at = now()
    ended({
      requestId,
      method: req.method ?? '',
      api,
      operation,
      client: arrival.client ?? clientOf(call),
      status: res.headersSent ? res.statusCode : CLIENT_GONE,
      at,
      duration: at - began,
      call,
    })
  })
}

function clientOf(call: Call | undefined): string | undefined {
  const principal = call?.principal
  return principal && (principal.clientId ?? principal.consumer?.id ?? principal.subject)
}
