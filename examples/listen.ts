import { createServer, type RequestListener } from 'node:http'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A server that is up. */
export interface Listening {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export interface ListenOptions {
  /** 0 (the default): any free port. */
  readonly port?: number
  readonly host?: string
}

/** Starts an HTTP server; rejects with the system's error (`EADDRINUSE`, …) when it cannot listen. */
export async function listen(handler: RequestListener, options: ListenOptions = {}): Promise<Listening> {
  const server = createServer(handler)
  const host = options.host ?? '127.0.0.1'
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Whether the module of this `import.meta.url` is the program that was started. */
export function isProgram(moduleUrl: string): boolean {
  const program = process.argv[1]
  return program !== undefined && resolve(program) === fileURLToPath(moduleUrl)
}

/** Closes cleanly at Ctrl-C and SIGTERM. */
export function closeOnSignal(close: () => Promise<void>): void {
  const stop = (): void => {
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    )
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
