import { createServer } from 'node:net'

/**
 * Below the ports that systems give to whoever asks for any (Linux: from 32768 on), so that nobody takes that of a server
 * that is away for a moment.
 */
const FIRST = 10_000
const COUNT = 22_000
/** Processes of tests that run at the same time look at different places. */
let looked = (process.pid * 131) % COUNT

/** A port of 127.0.0.1 on which nobody listens; never one that this process was given before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (looked++ % COUNT)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
