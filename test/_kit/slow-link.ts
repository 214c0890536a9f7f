import { connect, createServer, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A way to a server on which some questions take long. */
export interface SlowLink {
  readonly port: number
}

/**
 * Stands before the server at `port` and passes everything on, in its order; `delay` says for how many milliseconds a
 * question is held up first, given the text of it as it came over the network.
 */
export async function slowLink(
  t: ExecutionContext,
  port: number,
  delay: (question: string) => number,
): Promise<SlowLink> {
  const sockets = new Set<Socket>()
  const kept = (socket: Socket, other: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => {}) // either end may leave as it likes
    socket.on('close', () => {
      sockets.delete(socket)
      other.destroy()
    })
  }
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    kept(near, far)
    kept(far, near)
    let inTurn = Promise.resolve()
    near.on('data', (chunk) => {
      inTurn = inTurn.then(async () => {
        await heldUp(delay(chunk.toString('latin1')))
        far.write(chunk)
      })
    })
    far.pipe(near)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0 }
}

const heldUp = (milliseconds: number): Promise<void> | undefined =>
  milliseconds > 0 ? new Promise((resolve) => setTimeout(resolve, milliseconds)) : undefined
