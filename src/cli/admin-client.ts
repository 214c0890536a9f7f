import type { Command as Line } from 'commander'
import type { Args, Io } from './command.ts'
import { UsageError } from './command.ts'

/** Calls the admin API of a running gateway. */
export interface AdminClient {
  /** The JSON of a 2xx answer. Throws `AdminCallError` for any other, and when nobody answers. */
  call(method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>>
}

/** What the gateway said instead of doing what it was asked for. */
export class AdminCallError extends Error {
  override readonly name = 'AdminCallError'
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
  return { call: (method, path, body) => call(new URL(path, base), secret, method, body) }
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

async function call(url: URL, secret: string, method: string, body: unknown) {
  const init = {
    method,
    headers: {
      authorization: `Bearer ${secret}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  }
  const response = await fetch(url, init).catch((error: unknown) => {
    throw new AdminCallError(`no gateway answers at ${url.origin}`, { cause: error })
  })
  const answer: unknown = await response.json().catch(() => ({}))
  const members = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {}
  if (!response.ok) throw new AdminCallError(text(members['detail']) ?? `the gateway answered ${response.status}`)
  return members
}
