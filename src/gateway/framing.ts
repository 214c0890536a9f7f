import type { IncomingMessage } from 'node:http'
import { Problem } from '../core/problem.ts'

/** RFC 9112 §3.2 */
export const severalHosts = (): Problem => new Problem(400, 'bad_request', 'There must be one Host header.')

/** RFC 9112 §6.1: a coding that is not undone here would be lost, and HTTP/1.0 knows no codings. */
export const wrongCoding = (): Problem =>
  new Problem(400, 'bad_request', 'The only transfer coding of a request is "chunked", once.')

/**
 * Of a request that the gateway answers itself. Throws a 400 `Problem` for framing that two parties could read differently;
 * of those that go on, `readRequestHeaders` sees to it.
 */
export function checkFraming({ rawHeaders, httpVersionMinor }: IncomingMessage): void {
  let hosts = 0
  let codings = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase()
    if (name === 'host' && ++hosts > 1) throw severalHosts()
    if (name !== 'transfer-encoding') continue
    const isChunked = rawHeaders[index + 1]?.toLowerCase() === 'chunked'
    if (!isChunked || ++codings > 1 || httpVersionMinor === 0) throw wrongCoding()
  }
}
