import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { forTest } from './world.ts'

export interface RawUpstream {
  readonly url: string
  /** How many connections were opened. */
  connections(): number
  close(): Promise<void>
}

/**
 * An upstream that speaks bytes: `answer` is called for each piece that arrives, with everything the connection has
 * received so far, and writes whatever it likes.
 */
export function rawUpstream(
  t: ExecutionContext,
  answer: (socket: Socket, received: string) => void,
): Promise<RawUpstream> {
  return forTest(t, startRawUpstream(answer))
}

async function startRawUpstream(answer: (socket: Socket, received: string) => void): Promise<RawUpstream> {
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    connections++
    sockets.add(socket)
    let received = ''
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {}) // resets are what some tests are about
    socket.on('data', (data) => {
      received += data.toString('latin1')
      answer(socket, received)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** Answers every complete request head with the same bytes. */
export const always =
  (bytes: string) =>
  (socket: Socket, received: string): void => {
    if (received.endsWith('\r\n\r\n')) socket.write(bytes)
  }
