import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from '../config/settings.ts'
import type { Clock } from '../core/clock.ts'

/** Binds the server and gives the URL by which this machine reaches it. Rejects when the address cannot be had. */
export function listen(server: Server, { host, port }: Address, scheme: 'http' | 'https'): Promise<string> {
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

/** Ends when the last request has; connections that are still busy after `timeout` milliseconds are cut. */
export function drain(server: Server, timeout: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeout, () => server.closeAllConnections())
    server.close(() => {
      cancel()
      resolve()
    })
    server.closeIdleConnections()
  })
}
