import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { answerOn, isHandedOver, responseOn, type Upgrade } from './upgrade.ts'

export type ServeRequest = (
  req: IncomingMessage,
  res: ServerResponse,
  awaitsContinue: boolean,
  upgrade?: Upgrade,
) => void

/** Bounds on what a client may send before it is served. */
export interface ListenerLimits {
  /** Bytes of all request headers. */
  readonly headerBytes: number
  /** Milliseconds until the headers of a request must have arrived; a TLS handshake has as many before that. */
  readonly headerTimeout: number
  /** Milliseconds until the whole request must have arrived; 0: no bound. */
  readonly requestTimeout: number
}

/** Certificate and key as PEM texts. */
export interface ListenerTls {
  readonly cert: string
  readonly key: string
}

/** Idle connections stay open longer than those of the usual load balancers (60 s), so that it is they who close. */
const KEEP_ALIVE = 65_000
/** How often connections are checked against their deadlines. */
const CHECK_INTERVAL = 1_000

/**
 * An HTTP server, or an HTTPS one when there is a certificate, with bounds on everything a client can send before it is
 * served. Parsing is strict (RFC 9112): what two parties could read differently is refused with 400.
 */
export function createListener(serve: ServeRequest, limits: ListenerLimits, tls?: ListenerTls): Server {
  const options: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: CHECK_INTERVAL,
    keepAliveTimeout: KEEP_ALIVE,
    insecureHTTPParser: false,
    requireHostHeader: false, // answered with a problem like everything else
    optimizeEmptyRequests: true,
    shouldUpgradeCallback: isHandedOver,
  }
  const onRequest = (req: IncomingMessage, res: ServerResponse): void => serve(req, res, false)
  const handshakeTimeout = limits.headerTimeout
  const server = tls
    ? createTlsServer({ ...options, ...tls, handshakeTimeout }, onRequest)
    : createServer(options, onRequest)
  server.maxHeadersCount = 0 // bounded by bytes; beyond a count, headers would be dropped silently
  server.on('checkContinue', (req: IncomingMessage, res: ServerResponse) => serve(req, res, true))
  server.on('checkExpectation', (_: IncomingMessage, res: ServerResponse) => {
    res.writeHead(417, { Connection: 'close' }).end()
  })
  server.on('upgrade', (req: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (isHandedOver(req)) serve(req, responseOn(socket, req), false, { socket, head })
    // The rest is of a Node that hands over every one.
    else if (answerOn(socket)) socket.destroy()
    else refuse(socket, 400, 'This upgrade is not offered.')
  })
  server.on('connect', (_: IncomingMessage, socket: Duplex) => refuse(socket, 400, 'CONNECT is not served here.'))
  server.on('clientError', onClientError)
  return server
}

/** Bytes that are no request, or came too late: the status that says so, and an end to the connection. */
function onClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
  // Where an answer has begun, another one would be taken for a part of it.
  if (!socket.writable || answerOn(socket)?.headersSent || UNHEARD.has(error.code ?? '')) {
    socket.destroy(error)
    return
  }
  const [status, detail] = REFUSALS.get(error.code ?? '') ?? [400, 'The request is no valid HTTP.']
  refuse(socket, status, detail)
}

/** After these nobody would hear an answer. */
const UNHEARD: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'ERR_TLS_HANDSHAKE_TIMEOUT'])

const REFUSALS: ReadonlyMap<string, readonly [status: number, detail: string]> = new Map([
  ['HPE_HEADER_OVERFLOW', [431, 'The request headers are too long.']],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', [413, 'The chunk extensions are too long.']],
  ['ERR_HTTP_REQUEST_TIMEOUT', [408, 'The request did not arrive in time.']],
])

const CODES: Readonly<Record<number, string>> = {
  400: 'bad_request',
  408: 'request_timeout',
  413: 'content_too_large',
  431: 'headers_too_large',
}

function refuse(socket: Duplex, status: number, detail: string): void {
  socket.on('error', () => socket.destroy()) // node:http no longer listens for a client that has gone
  const code = CODES[status] ?? 'bad_request'
  const body = JSON.stringify({
    type: `urn:gatehouse:problem:${code}`,
    title: code.replaceAll('_', ' '),
    status,
    detail,
  })
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}
