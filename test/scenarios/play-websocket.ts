import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

/** A WebSocket of a scenario. */
export interface PlayedSocket {
  /** Code and reason, with a blank between. */
  readonly closed: Promise<string>
  close(): void
}

/** A WebSocket server that answers each message with itself and the headers of the handshake. */
export async function startEcho(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer()
  const echo = new WebSocketServer({ server })
  echo.on('connection', (socket, { headers, url: path }) => {
    socket.on('message', (data) => socket.send(JSON.stringify({ message: String(data), path, headers })))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of echo.clients) socket.terminate()
      server.close()
    },
  }
}

/** Opens a WebSocket, sends a message and waits for the answer; or else gives what the handshake was answered with. */
export function converse(url: string, headers: Headers, message: string, sockets: PlayedSocket[]) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers: Object.fromEntries(headers) })
  return new Promise<{ readonly status: number; readonly headers: Headers; readonly text: string }>(
    (resolve, reject) => {
      socket.once('error', reject)
      socket.once('open', () => socket.send(message))
      socket.once('message', (data) => resolve({ status: 101, headers: new Headers(), text: String(data) }))
      socket.once('unexpected-response', (_, response) => {
        const given = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
        let text = ''
        response.on('data', (chunk: Buffer) => {
          text += String(chunk)
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: new Headers(given), text }))
      })
      const closed = new Promise<string>((done) => socket.once('close', (code, reason) => done(`${code} ${reason}`)))
      sockets.push({ closed, close: () => socket.terminate() })
    },
  )
}
