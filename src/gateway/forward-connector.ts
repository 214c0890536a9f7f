import { isIP } from 'node:net'
import { buildConnector } from 'undici'
import type { Target } from '../upstream/target.ts'

/** How undici ends a body that it sends in chunks: it knows no trailers. */
const LAST_CHUNK = '\r\n0\r\n\r\n'
let waiting: readonly string[] | undefined

/**
 * Says that the body which ends in this very turn has trailers (flat: name, value). To be called in `onRequestSent`, after
 * which undici writes the last chunk without letting anything else run.
 */
export function sendTrailers(trailers: readonly string[]): void {
  waiting = trailers
  queueMicrotask(() => {
    waiting = undefined // a body that was never begun has no last chunk
  })
}

/**
 * Opens connections to a target. The name that its certificate is checked against is its own, whatever `Host` is sent,
 * and its sockets put trailers (RFC 9112 §7.1.2) where a body has them.
 */
export function targetConnector(target: Target): buildConnector.connector {
  const { ca, cert, key, insecureSkipVerify = false } = target.tls ?? {}
  const connect = buildConnector({
    allowH2: false,
    timeout: target.connectTimeout,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
  })
  const servername = isIP(target.serverName) === 0 ? target.serverName : ''
  return (options, callback) => {
    connect({ ...options, servername }, (...result) => {
      if (result[1]) withTrailers(result[1])
      callback(...result)
    })
  }
}

function withTrailers(socket: { write: (...args: never[]) => boolean }): void {
  const write = socket.write.bind(socket) as (chunk: unknown, ...rest: unknown[]) => boolean
  socket.write = (chunk: unknown, ...rest: unknown[]) => {
    if (waiting === undefined || chunk !== LAST_CHUNK) return write(chunk, ...rest)
    const text = `\r\n0\r\n${trailerSection(waiting)}\r\n`
    waiting = undefined
    return write(text, ...rest)
  }
}

/** The parser of the incoming request has checked names and values. */
function trailerSection(trailers: readonly string[]): string {
  let section = ''
  for (let index = 0; index < trailers.length; index += 2) section += `${trailers[index]}: ${trailers[index + 1]}\r\n`
  return section
}
