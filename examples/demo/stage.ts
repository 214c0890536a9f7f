import { jsonObject } from '../body.ts'
import type { Receiver } from '../receiver/main.ts'
import { type Browser, newBrowser } from './browser.ts'
import type { Printer } from './printer.ts'

/** Everybody who takes part in the journey, and where they are. */
export interface Cast {
  /** Public URL of the gateway. */
  readonly gateway: string
  readonly admin: string
  readonly adminSecret: string
  readonly receiver: Receiver
  /** Gives the identity server its key to the gateway. */
  useIdentityKey(key: string): void
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; an empty object when it is none. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Stage extends Cast {
  /** Base URL of the Step On API. */
  readonly api: string
  readonly printer: Printer
  readonly browser: Browser
  /** Makes a request and prints it with its answer. An object is sent as JSON, parameters as a form. */
  say(
    method: string,
    url: string,
    options?: { readonly headers?: Record<string, string>; readonly body?: object },
  ): Promise<Reply>
  /** Prints whether something is as it should be, and remembers if not. */
  expect(ok: boolean, text: string): void
  readonly failures: readonly string[]
}

export function stageFor(cast: Cast, printer: Printer): Stage {
  const failures: string[] = []
  const shown = async (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    const body = init.body === null || init.body === undefined ? undefined : String(init.body)
    if (init.body instanceof URLSearchParams) headers.set('content-type', 'application/x-www-form-urlencoded')
    printer.request(init.method ?? 'GET', url, headers, body)
    const response = await fetch(url, { ...init, headers, redirect: 'manual', signal: AbortSignal.timeout(20_000) })
    const text = await response.text()
    printer.response(response.status, response.headers, text)
    const empty = [101, 204, 205, 304].includes(response.status)
    return new Response(empty ? null : text, { status: response.status, headers: response.headers })
  }
  return {
    ...cast,
    api: `${cast.gateway}/stepon`,
    printer,
    browser: newBrowser(shown),
    async say(method, url, { headers = {}, body } = {}) {
      const form = body instanceof URLSearchParams
      const type = body && !form ? { 'content-type': 'application/json' } : undefined
      const payload = form ? body : body && JSON.stringify(body)
      const response = await shown(url, { method, headers: { ...headers, ...type }, body: payload ?? null })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: jsonObject(text) ?? {} }
    },
    expect(ok, text) {
      if (!ok) failures.push(text)
      printer.verdict(ok, text)
    },
    failures,
  }
}
