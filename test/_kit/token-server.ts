import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { startReceiver } from './receiver.ts'

/** A request for a token, as the server got it. */
export interface TokenAsked {
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

export interface TestTokenServer {
  readonly url: string
  readonly asked: readonly TokenAsked[]
  /** Members of the answers from now on, besides `access_token`, which is `token-1`, `token-2` … unless it is among them. */
  give(members: Readonly<Record<string, unknown>>): void
  /** Answers by hand from now on. */
  answer(answer: (response: ServerResponse) => void): void
  close(): void
}

/** A token endpoint that gives everybody a token. */
export async function startTokenServer(): Promise<TestTokenServer> {
  const receiver = await startReceiver()
  let members: Readonly<Record<string, unknown>> = { token_type: 'bearer', expires_in: 3600 }
  const give = (response: ServerResponse): void => {
    const body = { access_token: `token-${receiver.received.length}`, ...members }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  receiver.reply = give
  return {
    url: receiver.url,
    get asked() {
      return receiver.received.map(({ headers, body }) => ({ headers, form: new URLSearchParams(body) }))
    },
    give(next) {
      members = next
      receiver.reply = give
    },
    answer: (answer) => {
      receiver.reply = answer
    },
    close: () => receiver.close(),
  }
}
