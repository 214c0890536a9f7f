import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type AddressInfo, Server as NetServer } from 'node:net'
import type { Address } from '../config/settings.ts'
import type { Clock } from '../core/clock.ts'
import { cutConnections, keepConnections } from './open-connections.ts'

/** Binds the server and gives the URL by which this machine reaches it. Rejects when the address cannot be had. */
export function listen(server: Server, { host, port }: Address, scheme: 'http' | 'https'): Promise<string> {
  keepConnections(server)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const bound = (server.address() as AddressInfo).port
      const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
      resolve(`${scheme}://${name.includes(':') ? `[${name}]` : name}:${bound}`)
    })
  })
}

/** Milliseconds between two looks for connections that have become idle. */
const LOOK = 50

/**
 * Accepts nothing new and ends when the last request has; connections that are still busy after `timeout` milliseconds are
 * cut. What comes on a connection that is still open is answered, and told that it was the last (RFC 9112 §9.6). A client may
 * be sending just when its idle connection is closed: with `idleGrace` those are kept for so many milliseconds, and whoever
 * sends anything meanwhile is told.
 */
export function drain(server: Server, timeout: number, clock: Clock, idleGrace = 0): Promise<void> {
  return new Promise((resolve) => {
    const cut = clock.after(timeout, () => cutConnections(server))
    let cancelLook = (): void => undefined
    const look = (): void => {
      server.closeIdleConnections()
      cancelLook = clock.after(LOOK, look)
    }
    const sayClose = (_: IncomingMessage, response: ServerResponse): void => {
      response.shouldKeepAlive = false
    }
    server.prependListener('request', sayClose)
    server.prependListener('checkContinue', sayClose)
    // node:http would close idle connections at once.
    NetServer.prototype.close.call(server, () => {
      cut()
      cancelLook()
      server.close(() => resolve()) // ends its timers
    })
    if (idleGrace === 0) look()
    else cancelLook = clock.after(idleGrace, look)
  })
}
