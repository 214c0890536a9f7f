import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { ExecutionContext } from 'ava'
import { type ClientOptions, WebSocket } from 'ws'

export interface TestSocket {
  readonly socket: WebSocket
  /** Sends a message and gives the next one that comes. */
  ask(message: string | Buffer): Promise<string | Buffer>
  /** The next message. */
  next(): Promise<string | Buffer>
  /** How it was closed. */
  readonly closed: Promise<readonly [code: number, reason: string]>
}

/** An open WebSocket to the gateway. Rejects with the status when it is refused. */
export async function openSocket(
  t: ExecutionContext,
  url: string,
  options: ClientOptions & { readonly protocols?: readonly string[] } = {},
): Promise<TestSocket> {
  const { protocols = [], ...rest } = options
  const socket = new WebSocket(url.replace(/^http/, 'ws'), [...protocols], rest)
  t.teardown(() => socket.terminate())
  const closed = new Promise<readonly [number, string]>((resolve) =>
    socket.once('close', (code, reason) => resolve([code, reason.toString()])),
  )
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
    socket.once('unexpected-response', (_, response) => reject(new Refused(response)))
  })
  socket.on('error', () => {}) // its close says more
  const next = async (): Promise<string | Buffer> => {
    const [data, isBinary] = (await once(socket, 'message')) as [Buffer, boolean]
    return isBinary ? data : data.toString()
  }
  return {
    socket,
    closed,
    next,
    ask(message) {
      const answer = next()
      socket.send(message)
      return answer
    },
  }
}

/** An answer to a handshake that was not 101. */
export class Refused extends Error {
  readonly response: IncomingMessage

  constructor(response: IncomingMessage) {
    super(String(response.statusCode))
    this.response = response
    response.resume()
  }
}
