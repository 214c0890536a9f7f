import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request that a receiver of notifications got. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** `webhook-id` */
  readonly id: string
  /** The raw body. */
  readonly body: string
  /** Requests that were open when it arrived, itself included. */
  readonly open: number
}

/** How a receiver answers. */
export type Reply = (response: ServerResponse, request: Received) => void

/** Answers with a status and nothing else. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}): Reply =>
  (response) =>
    response.writeHead(code, headers).end()

/** A real receiver of notifications. */
export interface TestReceiver {
  readonly url: string
  readonly received: readonly Received[]
  /** How it answers from now on; 204 at first. */
  reply: Reply
  /** Resolves when `count` requests have arrived in all. */
  arrived(count: number): Promise<void>
  close(): void
}

export async function startReceiver(): Promise<TestReceiver> {
  const received: Received[] = []
  let open = 0
  let waiting: { readonly count: number; readonly resolve: () => void }[] = []
  const server = createServer(async (request, response) => {
    const openNow = ++open
    response.once('close', () => open--)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers } = request
    const one = {
      method,
      path,
      headers,
      id: String(headers['webhook-id']),
      body: Buffer.concat(chunks).toString(),
      open: openNow,
    }
    received.push(one)
    self.reply(response, one)
    for (const { resolve } of waiting.filter(({ count }) => count <= received.length)) resolve()
    waiting = waiting.filter(({ count }) => count > received.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const self: TestReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    reply: status(204),
    arrived: (count) =>
      received.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return self
}
