import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it arrived, down to the spelling and order of its headers. */
export interface RecordedRequest {
  readonly method: string
  readonly path: string
  readonly httpVersion: string
  /** Name, value, name, value … as received. */
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingMessage['headers']
  readonly trailers: IncomingMessage['trailers']
  readonly body: Buffer
  /** True when the sender went away before the request had ended. */
  readonly aborted: boolean
}

/** What to answer. A function gets the live request and must end the response itself. */
export type Answer =
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string | string[]>>
      readonly body?: string | Uint8Array
    }
  | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>)

export interface Upstream {
  readonly url: string
  readonly port: number
  /** Requests that have been read to their end, in that order; a request answered by a function is there from its head. */
  readonly requests: readonly RecordedRequest[]
  /** The last recorded request; throws when there was none. */
  last(): RecordedRequest
  /** Answers every request from now on. */
  answer(answer: Answer): void
  /** Answers the next request only. */
  answerOnce(answer: Answer): void
  close(): Promise<void>
}

/** A real server that records what arrives and answers as told; `200 {"upstream":true}` until then. */
export async function startUpstream(): Promise<Upstream> {
  const requests: RecordedRequest[] = []
  const once: Answer[] = []
  let always: Answer = { headers: { 'content-type': 'application/json' }, body: '{"upstream":true}' }
  const server = createServer((request, response) => {
    const answer = once.shift() ?? always
    if (typeof answer === 'function') {
      requests.push(recorded(request, Buffer.alloc(0), false))
      Promise.resolve(answer(request, response)).catch(() => response.destroy())
      return
    }
    record(request, requests, () => response.writeHead(answer.status ?? 200, answer.headers).end(answer.body))
  })
  server.on('checkContinue', (request, response) => {
    response.writeContinue()
    server.emit('request', request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    last() {
      const last = requests.at(-1)
      if (!last) throw new Error('the upstream has not seen a request')
      return last
    },
    answer: (answer) => {
      always = answer
    },
    answerOnce: (answer) => {
      once.push(answer)
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function record(request: IncomingMessage, requests: RecordedRequest[], whenRead: () => void): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.once('close', () => {
    if (!request.complete) requests.push(recorded(request, Buffer.concat(chunks), true))
  })
  request.once('error', () => {}) // the sender went away: recorded above as aborted
  request.once('end', () => {
    requests.push(recorded(request, Buffer.concat(chunks), false))
    whenRead()
  })
}

function recorded(request: IncomingMessage, body: Buffer, aborted: boolean): RecordedRequest {
  const { method = '', url = '', httpVersion, rawHeaders, headers, trailers } = request
  return { method, path: url, httpVersion, rawHeaders, headers, trailers, body, aborted }
}
