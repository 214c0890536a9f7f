import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import got, { type Got } from 'got'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { lru } from '../core/lru.ts'
import type { AddressClass } from './address-class.ts'
import { checkedLookup, type Resolve, systemResolve } from './checked-lookup.ts'
import { exchange } from './exchange.ts'
import { outboundFailure } from './failure.ts'
import { type Outbound, OutboundError, type OutboundRequest, type OutboundResponse } from './outbound.ts'
import { checkedTarget } from './target.ts'

export interface OutboundDeps {
  /** Whether calls that an operator configured may go to loopback and private addresses. */
  readonly privateTargets: 'allow' | 'deny'
  readonly clock: Clock
  readonly log: Log
  /** How host names are resolved; as the machine does by default. */
  readonly resolve?: Resolve
}

/** Connections per origin and in all, and how long (ms) an idle one is kept: shorter than receivers commonly do. */
const CONNECTIONS = { maxSockets: 64, maxTotalSockets: 512, maxFreeSockets: 64, timeout: 4000 } as const

const RETRY_DELAY = 200

/** The guarded client. `close` drops its idle connections. */
export function createOutbound(deps: OutboundDeps): Outbound & { close(): void } {
  // Connections are not shared between the two: an address that an operator may call is not reachable for a stranger.
  const callers = {
    operator: caller(deps, (kind) => kind === 'public' || (kind === 'private' && deps.privateTargets === 'allow')),
    stranger: caller(deps, (kind) => kind === 'public'),
  }
  return {
    async request(request) {
      try {
        return await callers[request.chosenBy].call(request)
      } catch (error) {
        const failure = outboundFailure(error)
        if (failure.code === 'refused_address') deps.log.warn({ code: failure.code }, failure.message)
        throw failure
      }
    },
    close() {
      for (const { close } of Object.values(callers)) close()
    },
  }
}

function caller(deps: OutboundDeps, allows: (kind: AddressClass) => boolean) {
  const lookup = checkedLookup(deps.resolve ?? systemResolve, allows)
  const agents = {
    http: new HttpAgent({ keepAlive: true, lookup, ...CONNECTIONS }),
    https: new HttpsAgent({ keepAlive: true, lookup, ...CONNECTIONS }),
  }
  const client = got.extend({
    agent: agents,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    headers: { 'user-agent': 'gatehouse' },
  })
  const targets = lru<string, URL>(1000)
  return {
    call(request: OutboundRequest): Promise<OutboundResponse> {
      let url = targets.get(request.url)
      if (!url) {
        url = checkedTarget(request.url, allows)
        targets.set(request.url, url)
      }
      return withRetries(deps.clock, client, url, request)
    },
    close() {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

async function withRetries(clock: Clock, client: Got, url: URL, request: OutboundRequest): Promise<OutboundResponse> {
  const deadline = clock.now() + request.timeout
  for (let turn = 0; ; turn++) {
    const last = turn >= (request.retries ?? 0)
    try {
      const response = await exchange(client, url, request, Math.max(1, deadline - clock.now()))
      if (last || response.status < 500) return response
    } catch (error) {
      if (last || !(error instanceof OutboundError) || error.code !== 'connection') throw error
    }
    const pause = RETRY_DELAY * 2 ** turn
    if (clock.now() + pause >= deadline) throw new OutboundError('timeout', 'no answer in time')
    await new Promise<void>((resolve) => clock.after(pause, resolve))
  }
}
