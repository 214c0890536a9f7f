import type { Arrival } from './call.ts'

/** What became of a request to the data plane, whoever answered it. */
export interface EndedRequest {
  /** Missing where no API listens. */
  readonly api?: string
  /** `METHOD /path` of the document, the path of an OAuth endpoint, or missing when the API has no such operation. */
  readonly operation?: string
  /** 499 when the client went away before there was an answer. */
  readonly status: number
  /** Milliseconds from the arrival of its head to the end of its answer. */
  readonly duration: number
}

/** nginx's word for it; no answer has this status. */
const CLIENT_GONE = 499

/** Calls `ended` once, when the answer has been sent or the connection is gone. */
export function whenEnded(arrival: Arrival, now: () => number, ended: (request: EndedRequest) => void): void {
  const { res } = arrival
  const began = now()
  res.once('close', () => {
    const { api, operation } = arrival
    ended({
      ...(api === undefined ? {} : { api }),
      ...(operation === undefined ? {} : { operation }),
      status: res.headersSent ? res.statusCode : CLIENT_GONE,
      duration: now() - began,
    })
  })
}
