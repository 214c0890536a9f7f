import type { Server } from 'node:http'
import type { Socket } from 'node:net'

const kept = new WeakMap<Server, Set<Socket>>()

/** From now on the server's connections are known from the moment that they are accepted; to be called before it listens. */
export function keepConnections(server: Server): void {
  const open = new Set<Socket>()
  kept.set(server, open)
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
}

/** Ends all connections at once. node:http itself does not know those whose TLS handshake has not come to its end. */
export function cutConnections(server: Server): void {
  server.closeAllConnections()
  for (const socket of kept.get(server) ?? []) socket.destroy()
}
