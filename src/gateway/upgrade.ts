import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'

/** A connection whose client asks for another protocol, and what it has already sent in it. */
export interface Upgrade {
  readonly socket: Duplex
  readonly head: Buffer
}

/** The answer that has a connection at present; node:http keeps it in this member. */
export const answerOn = (socket: Duplex): ServerResponse | undefined =>
  (socket as { readonly _httpMessage?: ServerResponse | null })._httpMessage ?? undefined

/**
 * Whether a connection is handed over to another protocol. Not behind a request that is still unanswered: its answer has the
 * connection, and who asks for the upgrade gets an ordinary answer in its turn (RFC 9110 §7.8).
 */
export const isHandedOver = (req: IncomingMessage): boolean =>
  asksForWebSocket(req) && answerOn(req.socket) === undefined

/** RFC 6455 §4.1: whether a request asks for a WebSocket; every other upgrade is answered as if it had not been asked for. */
function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  const protocols = headers.upgrade?.toLowerCase().split(',') ?? []
  return method === 'GET' && protocols.some((protocol) => protocol.trim() === 'websocket')
}

/**
 * A response on a connection that node:http has let go of: what is answered instead of an upgrade is plain HTTP, and the
 * last thing on that connection.
 */
export function responseOn(socket: Duplex, req: IncomingMessage): ServerResponse {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  socket.on('error', () => socket.destroy()) // the client is gone: `close` tells everyone
  const onDrain = (): void => void res.emit('drain')
  socket.on('drain', onDrain)
  res.assignSocket(socket as never) // a TLS socket is one as well
  res.once('finish', () => {
    socket.off('drain', onDrain)
    res.detachSocket(socket as never)
    if (res.statusCode !== 101) socket.end()
    process.nextTick(() => res.emit('close'))
  })
  return res
}
