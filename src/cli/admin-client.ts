import type { Command as Line } from 'commander'
import type { Args, Io } from './command.ts'
import { UsageError } from './command.ts'

/** Calls the admin API of a running gateway. */
export interface AdminClient {
  /** The JSON of a 2xx answer. Throws `AdminCallError` for any other, and when nobody answers. */
  call(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>>
  /** The same for texts, such as documents. */
  send(method: string, path: string, wish?: TextCall): Promise<TextAnswer>
}

export interface TextCall {
  readonly text?: string
  readonly type?: string
  /** Entity tag that must still hold. */
  readonly ifMatch?: string
}

export interface TextAnswer {
  readonly text: string
  readonly etag: string
}

/** What the gateway said instead of doing what it was asked for. */
export class AdminCallError extends Error {
  override readonly name = 'AdminCallError'
  /** The answer; none when nobody answered. */
  readonly status: number | undefined
  readonly members: Readonly<Record<string, unknown>>

  constructor(
    message: string,
    options: {
      readonly cause?: unknown
      readonly status?: number
      readonly members?: Readonly<Record<string, unknown>>
    } = {},
  ) {
    super(message, { cause: options.cause })
    this.status = options.status
    this.members = options.members ?? {}
  }
}

/** Adds the options by which every such command finds its gateway. */
export function declareAdmin(line: Line): Line {
  return line
    .option('--admin <url>', 'admin address of the gateway; GATEHOUSE_ADMIN, else http://127.0.0.1:8081')
    .option('--admin-secret <secret>', 'its secret; better in GATEHOUSE_ADMIN_SECRET')
}

/** The gateway that the options and the environment name. Throws `UsageError` without a secret. */
export function adminClient({ options }: Args, io: Io): AdminClient {
  const base = text(options['admin']) ?? io.environment('GATEHOUSE_ADMIN') ?? 'http://127.0.0.1:8081'
  const secret = text(options['adminSecret']) ?? io.environment('GATEHOUSE_ADMIN_SECRET')
  if (!URL.canParse(base)) throw new UsageError(`--admin: ${base} is no URL`)
  if (secret === undefined) throw new UsageError('the admin secret is missing: set GATEHOUSE_ADMIN_SECRET')
  const send = (method: string, path: string, wish: TextCall = {}) =>
    exchange(new URL(path, base), secret, method, wish)
  return {
    send,
    async call(method, path, body) {
      const wish = body === undefined ? {} : { text: JSON.stringify(body), type: 'application/json' }
      return membersOf((await send(method, path, wish)).text)
    },
  }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

async function exchange(url: URL, secret: string, method: string, wish: TextCall): Promise<TextAnswer> {
  const init = {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(wish.text === undefined ? {} : { 'content-type': wish.type ?? 'application/yaml' }),
      ...(wish.ifMatch === undefined ? {} : { 'if-match': wish.ifMatch }),
    },
    ...(wish.text === undefined ? {} : { body: wish.text }),
    signal: AbortSignal.timeout(60_000),
  }
  const response = await fetch(url, init).catch((error: unknown) => {
    throw new AdminCallError(`no gateway answers at ${url.origin}`, { cause: error })
  })
  const bytes = await response.arrayBuffer()
  const answer = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) // a byte order mark is part of a document
  if (response.ok) return { text: answer, etag: response.headers.get('etag') ?? '' }
  const members = membersOf(answer)
  const detail = text(members['detail']) ?? `the gateway answered ${response.status}`
  throw new AdminCallError(detail, { status: response.status, members })
}

function membersOf(answer: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(answer)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
