import type { RequestListener } from 'node:http'

/** Milliseconds. A client that is idle for longer may have closed its connection; the product does after four seconds. */
const IDLE = 3500

/** Answers `ok`, and counts what calls one after the other were made over. */
export interface KeptConnections {
  readonly listener: RequestListener
  /** Connections that the calls needed. */
  opened(): number
  /** Connections that they may have needed: one, and one more after each long pause that a busy machine made. */
  allowed(): number
}

export function keptConnections(): KeptConnections {
  const ports = new Set<number | undefined>()
  let pauses = 0
  let answeredAt = Number.POSITIVE_INFINITY
  return {
    listener(request, response) {
      if (performance.now() - answeredAt > IDLE) pauses++
      ports.add(request.socket.remotePort)
      answeredAt = performance.now()
      response.end('ok')
    },
    opened: () => ports.size,
    allowed: () => 1 + pauses,
  }
}
