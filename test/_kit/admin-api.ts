import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { AdminRoute } from '../../src/admin/admin-route.ts'
import { createAdminApp } from '../../src/admin/create-admin-app.ts'
import type { Library, LibraryEntry } from '../../src/admin/library.ts'
import type { Api } from '../../src/api/api.ts'
import type { Log, LogFields } from '../../src/core/log.ts'
import { Secret } from '../../src/core/secret.ts'
import { type BackChannel, backChannel } from './back-channel.ts'
import { issuerApi } from './issuer-api.ts'

export const ADMIN_SECRET = 'correct horse battery staple'

export interface AdminAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
}

export interface CallOptions {
  /** An object is sent as JSON, a text as a form. */
  readonly body?: object | string
  /** Instead of the admin secret; null sends none. */
  readonly authorization?: string | null
  readonly headers?: Readonly<Record<string, string>>
}

/** An admin API over HTTP, in front of the back channel of the API `pets`. */
export interface AdminApi extends BackChannel {
  call(method: string, path: string, options?: CallOptions): Promise<AdminAnswer>
  /** Where it listens. */
  readonly url: string
  readonly lines: readonly LogFields[]
}

export interface AdminWish extends NonNullable<Parameters<typeof backChannel>[1]> {
  readonly more?: readonly AdminRoute[]
  readonly entries?: (api: Api) => readonly LibraryEntry[]
  readonly loaded?: () => boolean
  readonly bodyLimit?: number
  readonly hosts?: readonly string[]
}

export async function adminApi(t: ExecutionContext, wish: AdminWish = {}): Promise<AdminApi> {
  const lines: LogFields[] = []
  const channel = await backChannel(t, { ...wish, services: { log: logTo(lines), ...wish.services } })
  const app = createAdminApp({
    secret: new Secret(ADMIN_SECRET),
    library: libraryOf(wish.entries?.(channel.api) ?? defaultEntries(channel.api), wish.loaded),
    services: channel.services,
    bodyLimit: wish.bodyLimit ?? 65_536,
    metrics: async () => ({ type: 'text/plain; version=0.0.4', text: 'up 1\n' }),
    ...(wish.more ? { more: wish.more } : {}),
    ...(wish.hosts ? { hosts: wish.hosts } : {}),
  })
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  return { ...channel, url, lines, call: (method, path, options = {}) => send(port, method, path, options) }
}

function logTo(lines: LogFields[]): Log {
  const write = (fields: LogFields, message: string): void => {
    lines.push({ ...fields, message })
  }
  return { debug: write, info: write, warn: write, error: write }
}

function libraryOf(entries: readonly LibraryEntry[], loaded = () => true): Library {
  return { list: () => entries, find: (id) => entries.find((entry) => entry.id === id), loaded }
}

export function entryOf(api: Api, changes: Partial<LibraryEntry> = {}): LibraryEntry {
  const text = async () => `openapi: 3.1.0\ninfo: { title: ${api.name} }\n`
  return { id: api.id, name: api.name, state: 'live', file: api.file, api, diagnostics: [], text, ...changes }
}

/** The API of the back channel and another that serves nothing yet. */
const defaultEntries = (api: Api): readonly LibraryEntry[] => [
  entryOf(issuerApi(undefined, { id: 'birds', issuer: 'http://gateway.test/birds', listenPath: '/birds' })),
  entryOf(api),
]

/** `fetch` sets `Host` itself and normalises paths; a test must be able to send anything. */
function send(port: number, method: string, path: string, options: CallOptions): Promise<AdminAnswer> {
  const { body, authorization = ADMIN_SECRET } = options
  const text = body === undefined || typeof body === 'string' ? (body ?? '') : JSON.stringify(body)
  const type = typeof body === 'string' ? 'application/x-www-form-urlencoded' : 'application/json'
  const headers = {
    ...(authorization === null ? {} : { authorization }),
    ...(body === undefined ? {} : { 'content-type': type, 'content-length': String(Buffer.byteLength(text)) }),
    ...options.headers,
  }
  return new Promise((resolve, reject) => {
    const call = request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
      let received = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        received += chunk
      })
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: received, json: jsonOf(received) })
      })
    })
    call.on('error', reject)
    call.end(text)
  })
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}
