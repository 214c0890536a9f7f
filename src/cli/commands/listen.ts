import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../core/clock.ts'
import { type Trusted, type Verdict, verifyNotification } from '../../notify/verify.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { withoutCredentials } from '../notifications/without-credentials.ts'

/** Bytes of a body that are read; notifications have at most a few thousand. */
const LIMIT = 1_000_000

/** Receives, verifies and prints notifications, for development. */
export const listen: Command = {
  name: 'listen',
  summary: 'receive, verify and print notifications, for development',
  declare(line) {
    line
      .option('--listen <host:port>', 'where to listen', '127.0.0.1:3002')
      .option('--secret <secret>', 'the shared secret; better in GATEHOUSE_WEBHOOK_SECRET')
      .option('--keys <url>', 'the public keys of Ed25519 signatures: the gateway’s /.well-known/webhook-keys.json')
      .option('--status <code>', 'what verified notifications are answered with, for trying out retries', '204')
      .option('--show-tokens', 'print codes and tokens as they are')
      .option('--json', 'one line of JSON for each')
      .option('--count <number>', 'end after so many verified notifications')
  },
  async run(args, io) {
    const trusted = await trustedOf(args, io)
    const status = integer(args, 'status', 200, 599) ?? 204
    const count = integer(args, 'count', 1, 1_000_000) ?? Number.POSITIVE_INFINITY
    const { host, port } = addressOf(String(args.options['listen']))
    const seen = new Map<string, number>()
    return new Promise((resolve) => {
      const server = createServer((request, response) => {
        receive(request, response, trusted, status)
          .then((received) => {
            if (!received) return
            const times = received.verdict.ok ? (seen.get(received.verdict.id) ?? 0) + 1 : 0
            if (received.verdict.ok) remember(seen, received.verdict.id, times)
            io.stdout(print(received, times, args))
            if (seen.size < count) return
            server.close(() => resolve(0))
            server.closeIdleConnections()
          })
          .catch(() => response.destroy()) // the sender has gone
      })
      server.once('error', (error) => {
        io.stderr(`error: cannot listen at ${host}:${port}: ${error.message}\n`)
        resolve(1)
      })
      server.listen(port, host, () => {
        io.stdout(`Notifications are received at http://${host}:${(server.address() as AddressInfo).port}/\n`)
      })
    })
  },
}

async function trustedOf({ options }: Args, io: Io): Promise<Trusted> {
  const secret = options['secret'] ?? io.environment('GATEHOUSE_WEBHOOK_SECRET')
  const secrets = typeof secret === 'string' ? [secret] : []
  const keys = typeof options['keys'] === 'string' ? await publicKeys(options['keys']) : []
  if (secrets.length + keys.length === 0) {
    throw new UsageError('nothing to verify by: set GATEHOUSE_WEBHOOK_SECRET, or name --keys')
  }
  return { secrets, keys }
}

async function publicKeys(url: string): Promise<readonly string[]> {
  if (!URL.canParse(url)) throw new UsageError(`--keys: ${url} is no URL`)
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    const { keys } = (await response.json()) as { readonly keys: readonly { readonly x: string }[] }
    return keys.map(({ x }) => x)
  } catch {
    throw new UsageError(`--keys: there are no keys at ${url}`)
  }
}

function integer({ options }: Args, name: string, least: number, most: number): number | undefined {
  const value = options[name]
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new UsageError(`--${name}: a whole number from ${least} to ${most}`)
  }
  return number
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const match = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(text)
  if (!match) throw new UsageError('--listen: HOST:PORT, such as 127.0.0.1:3002')
  return { host: String(match[1]).replace(/^\[|\]$/g, ''), port: Number(match[2]) }
}

interface Received {
  readonly body: string
  readonly verdict: Verdict
}

/** Answers a request; undefined when it was no notification. */
async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  trusted: Trusted,
  status: number,
): Promise<Received | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= LIMIT) chunks.push(chunk)
  }
  if (request.method !== 'POST' || size > LIMIT) {
    response.writeHead(size > LIMIT ? 413 : 405, { allow: 'POST' }).end()
    return undefined
  }
  const body = Buffer.concat(chunks)
  const verdict = verifyNotification(request.headers, body, trusted, systemClock.now())
  await new Promise<void>((resolve) => response.writeHead(verdict.ok ? status : 401).end(resolve))
  return { body: body.toString('utf8'), verdict }
}

/** Ids that came already, the latest ten thousand. */
function remember(seen: Map<string, number>, id: string, times: number): void {
  seen.set(id, times)
  if (seen.size > 10_000) seen.delete([...seen.keys()][0] ?? '')
}

function print({ body, verdict }: Received, times: number, { options }: Args): string {
  if (!verdict.ok) return `refused: ${verdict.reason}\n`
  const shown = options['showTokens'] ? body : withoutCredentials(body)
  if (options['json']) return `${shown}\n`
  const again = times > 1 ? `, for the ${times}. time` : ''
  return `${verdict.id}  verified (${verdict.scheme})${again}\n  ${pretty(shown).replaceAll('\n', '\n  ')}\n`
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
