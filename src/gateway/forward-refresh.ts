import type { Duplex } from 'node:stream'
import { joinPath } from '../upstream/target.ts'
import { confirmedResponse, type KeepOptions, KeepResponse } from './cache/keep-response.ts'
import type { StoredResponse } from './cache/response-cache.ts'
import type { Call } from './call.ts'
import { Attempt, type AttemptListener } from './forward-attempt.ts'
import type { TrustsPeer } from './forwarded.ts'
import { addGatewayHeaders } from './gateway-headers.ts'
import { headerValues, removeHeaders } from './header-list.ts'
import { type RawHeaders, responseHeaders } from './response-headers.ts'

/** An answer to get anew: `call` asked for it and has been answered with the stale one. */
export interface RefreshTask {
  readonly call: Call
  readonly stored: StoredResponse
  readonly keep: KeepOptions
  /** It may not be given any more. */
  readonly forget: () => void
  readonly trusts?: TrustsPeer | undefined
}

/** Milliseconds before a stale answer is tried to be replaced again when that did not succeed. */
const PAUSE = 1_000
/** What a client asks of its own copy and of ours, and not of the upstream. */
const CLIENTS_OWN = /^(?:if-.*|range|cache-control|pragma)$/

/** RFC 5861 §3: replaces a stale answer in the background, at most once at a time. Never throws. */
export async function refresh(task: RefreshTask): Promise<void> {
  const { call, stored } = task
  if (stored.refreshing) return
  stored.refreshing = true
  const again = (): void => {
    stored.refreshing = false
  }
  try {
    const { headers, plan } = call
    removeHeaders(headers, (name) => CLIENTS_OWN.test(name))
    addGatewayHeaders(call, task.trusts)
    for (const [condition, header] of [
      ['If-None-Match', 'etag'],
      ['If-Modified-Since', 'last-modified'],
    ] as const) {
      const [value] = headerValues(stored.headers, header)
      if (value !== undefined) headers.push(condition, value)
    }
    const credential = plan.credential
    if (credential) headers.push(credential.header, credential.peek() ?? (await credential.obtain()))
    new Refresh(task, () => task.keep.clock.after(PAUSE, again)).begin()
  } catch {
    task.keep.clock.after(PAUSE, again) // without a credential there is nothing to ask for; requests will say so
  }
}

class Refresh implements AttemptListener {
  readonly #task: RefreshTask
  readonly #done: () => void
  readonly #kept: KeepResponse
  #attempt: Attempt | undefined
  #cancel = (): void => {}

  constructor(task: RefreshTask, done: () => void) {
    this.#task = task
    this.#done = done
    this.#kept = new KeepResponse(task.keep)
  }

  begin(): void {
    const { plan, path, query, headers, timeout } = this.#task.call
    const lane = plan.upstream.pick([])
    if (!lane) {
      this.#done()
      return
    }
    const { serverName } = lane.target
    this.#attempt = new Attempt(lane, this)
    const request = { path: joinPath(lane.target, path, query), method: 'GET', headers, servername: serverName }
    if (this.#attempt.send(request)) this.#end()
    else this.#cancel = this.#task.keep.clock.after(timeout, () => this.failed())
  }

  sending(): void {}
  sent(): void {}

  headed(status: number, raw: RawHeaders): void {
    if (status < 200) return
    const { stored, keep, forget } = this.#task
    const headers = responseHeaders(raw, undefined, false)
    if (status === 304) {
      const confirmed = confirmedResponse(stored, headers, keep)
      if (confirmed) keep.put(confirmed)
      else forget()
      return
    }
    this.#kept.head(status, headers)
    if (this.#kept.keeps) return
    if (status < 500) forget()
    this.#end()
  }

  piece(chunk: Buffer): void {
    this.#kept.piece(chunk)
  }

  ended(): void {
    this.#kept.end()
    this.#end()
  }

  failed(): void {
    this.#attempt?.judge('failed')
    this.#end()
  }

  upgraded(socket: Duplex): void {
    socket.destroy()
    this.#end()
  }

  #end(): void {
    this.#cancel()
    this.#attempt?.giveUp(new Error('nobody needs the answer any more'))
    this.#done()
  }
}
