import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'

export interface WebSocketUpstream {
  /** `ws://…` without trailing slash. */
  readonly url: string
  /** Handshakes as they arrived, and what came of them, in that order. */
  readonly handshakes: readonly IncomingMessage[]
  readonly sockets: readonly WebSocket[]
  /** Close codes and reasons that the upstream was told, in that order; resolves when there are `count`. */
  closed(count: number): Promise<readonly (readonly [code: number, reason: string])[]>
  close(): void
}

/** A WebSocket server that says everything back, until somebody else listens to its sockets. */
export async function startWebSocketUpstream(options: ServerOptions = {}): Promise<WebSocketUpstream> {
  const http = createServer((_, response) => response.writeHead(200).end('plain'))
  const server = new WebSocketServer({ server: http, ...options })
  const handshakes: IncomingMessage[] = []
  const sockets: WebSocket[] = []
  const closes: (readonly [number, string])[] = []
  let waiting: (() => void)[] = []
  server.on('connection', (socket, request) => {
    handshakes.push(request)
    sockets.push(socket)
    socket.on('error', () => {}) // a client that breaks the rules; its close is recorded
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }))
    socket.on('close', (code, reason) => {
      closes.push([code, reason.toString()])
      for (const resolve of waiting.splice(0)) resolve()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(http.address() as AddressInfo).port}`,
    handshakes,
    sockets,
    async closed(count) {
      while (closes.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return closes
    },
    close() {
      waiting = []
      for (const socket of sockets) socket.terminate()
      server.close()
      http.close()
      http.closeAllConnections()
    },
  }
}
