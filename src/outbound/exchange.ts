import type { Got, Response, StreamOptions } from 'got'
import { outboundFailure } from './failure.ts'
import { OutboundError, type OutboundRequest, type OutboundResponse } from './outbound.ts'

/** One request and its answer. Rejects with `OutboundError` when no status arrived within `timeout` milliseconds. */
export function exchange(client: Got, url: URL, request: OutboundRequest, timeout: number): Promise<OutboundResponse> {
  return new Promise((resolve, reject) => {
    const stream = client.stream(url, { ...optionsOf(request), timeout: { request: timeout } })
    // Written here and not by got: its own writing drops the connection of an answer that comes at once.
    if (request.method === 'POST') stream.end(request.body ?? '')
    const chunks: Buffer[] = []
    let size = 0
    let response: Response | undefined
    const answer = (truncated: boolean): void => {
      if (!response) reject(new OutboundError('connection', 'the connection ended without an answer'))
      else resolve({ status: response.statusCode, headers: headersOf(response), body: textOf(chunks), truncated })
    }
    stream.once('response', (arrived: Response) => {
      response = arrived
    })
    stream.on('data', (chunk: Buffer) => {
      const room = request.maxBytes - size
      if (room > 0) chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      size += chunk.length
      if (size <= request.maxBytes) return
      answer(true)
      stream.destroy() // an endless answer costs no more than its beginning
    })
    stream.once('end', () => answer(false))
    // Once a status has arrived it is the answer, however the rest of the body fared; later errors change nothing.
    stream.on('error', (error) => (response ? answer(true) : reject(outboundFailure(error))))
  })
}

function optionsOf({ method, headers = {}, body = '' }: OutboundRequest): StreamOptions {
  const length = method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {}
  return { method, headers: { ...headers, ...length } }
}

const textOf = (chunks: readonly Buffer[]): string =>
  chunks.length === 0 ? '' : Buffer.concat(chunks).toString('utf8')

function headersOf(response: Response): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
