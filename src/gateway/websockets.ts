import type { IncomingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Api } from '../api/api.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { Problem } from '../core/problem.ts'
import type { Random } from '../core/random.ts'
import type { FollowPrincipal } from '../oauth/tokens/follow-principals.ts'
import type { Call } from './call.ts'
import { badUpstreamAnswer } from './forward-error.ts'
import { type RawHeaders, responseHeaders } from './response-headers.ts'
import type { Snapshot } from './snapshot.ts'
import { acceptOf, offeredProtocols, tokenPrefixes } from './websocket-handshake.ts'
import { Tunnel } from './websocket-tunnel.ts'

export interface WebSocketsDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Tells when what is known of a principal may have changed. */
  readonly followPrincipal: FollowPrincipal
}

/** All WebSockets that are open through this process. */
export interface WebSockets {
  /** Throws a `Problem` when there are too many. To be asked before the upstream is. */
  admit(): void
  /** The upstream has agreed: tells the client, and ties the two together. Throws a `Problem` when its answer is no agreement. */
  open(call: Call, socket: Duplex, headers: IncomingHttpHeaders, raw: RawHeaders): void
  /** Ends those of APIs that are no longer served. An API that has changed keeps its own. */
  adopt(snapshot: Snapshot): void
  /** Says good-bye to all of them: the gateway stops. */
  goAway(): void
  readonly size: number
}

/** Open at once at most: each takes two sockets and about 20 KB. */
const MOST = 20_000
/** A principal is asked for again so often, whatever was heard of it (milliseconds). */
const RECHECK = 60_000
/** The longest wait that a timer takes. */
const LONGEST_WAIT = 86_400_000

export function createWebSockets(deps: WebSocketsDeps): WebSockets {
  const open = new Map<Tunnel, Api['id']>()
  return {
    admit() {
      if (open.size < MOST) return
      const headers = { 'Retry-After': '10' }
      throw new Problem(503, 'too_many_websockets', 'Too many WebSockets are open.', { headers })
    },
    open(call, socket, headers, raw) {
      const { upgrade, websocket } = call
      if (!upgrade || !websocket) throw new Error('nobody asked for a WebSocket')
      const answer = agreement(call, headers, raw)
      call.res.sendDate = false
      call.res.writeHead(101, answer)
      call.res.end()
      let stopWatching = (): void => undefined
      const tunnel = new Tunnel(upgrade.socket, socket, websocket, deps, () => {
        open.delete(tunnel)
        stopWatching()
      })
      open.set(tunnel, call.api.id)
      if (upgrade.head.length > 0) upgrade.socket.unshift(upgrade.head)
      stopWatching = watchPrincipal(call, tunnel, deps)
    },
    adopt(snapshot) {
      for (const [tunnel, id] of open) {
        if (!snapshot.apis.get(id)?.active) tunnel.close(1001, 'the API is no longer served')
      }
    },
    goAway() {
      for (const tunnel of open.keys()) tunnel.close(1001, 'the gateway is going away')
    },
    get size() {
      return open.size
    },
  }
}

/** RFC 6455 §4.1: the headers of the 101, once the upstream's are proved to be an answer to this very request. */
function agreement(call: Call, headers: IncomingHttpHeaders, raw: RawHeaders): string[] {
  const key = call.req.headers['sec-websocket-key'] ?? ''
  if (headers.upgrade?.toLowerCase() !== 'websocket' || headers['sec-websocket-accept'] !== acceptOf(key)) {
    throw badUpstreamAnswer(new Error('the upstream upgraded to something else than this WebSocket'))
  }
  const kept = responseHeaders(raw, call.requestId, false)
  return [...kept, 'Connection', 'Upgrade', 'Upgrade', 'websocket', ...ownProtocol(call, headers)]
}

/**
 * A browser gives up when it has offered subprotocols and none is chosen. One that offered its token alone meant that the token
 * be taken, which it was.
 */
function ownProtocol(call: Call, headers: IncomingHttpHeaders): string[] {
  const [only, ...others] = offeredProtocols(call.req)
  const isToken = only !== undefined && tokenPrefixes(call.api).some((prefix) => only.startsWith(prefix))
  if (!isToken || others.length > 0 || headers['sec-websocket-protocol'] !== undefined) return []
  return ['Sec-WebSocket-Protocol', only]
}

/** Ends the tunnel when the credentials it was opened with are no longer good. Returns what ends the watching. */
function watchPrincipal(call: Call, tunnel: Tunnel, { clock, log, followPrincipal }: WebSocketsDeps): () => void {
  const { principal, proofs } = call
  if (!principal) return () => {}
  let isEnded = false
  let cancelExpiry = (): void => undefined
  let cancelRecheck = (): void => undefined
  const recheck = async (): Promise<void> => {
    try {
      const good = await Promise.all(proofs.map((proof) => proof()))
      if (good.includes(false)) tunnel.close(4401, 'the credentials are no longer valid')
    } catch (error) {
      // Whoever cannot be asked has not said no.
      log.warn(
        { request_id: call.requestId, error: String(error) },
        'the credentials of a WebSocket cannot be looked up',
      )
    }
  }
  const recheckLater = (): void => {
    cancelRecheck = clock.after(RECHECK, () => {
      void recheck()
      if (!isEnded) recheckLater()
    })
  }
  const waitForExpiry = (): void => {
    const rest = (principal.expiresAt ?? Number.POSITIVE_INFINITY) - clock.now()
    if (rest <= 0) tunnel.close(4401, 'the access token has expired')
    else cancelExpiry = clock.after(Math.min(rest, LONGEST_WAIT), waitForExpiry)
  }
  const unfollow = followPrincipal(principal, () => void recheck())
  if (proofs.length > 0) recheckLater()
  waitForExpiry()
  return () => {
    isEnded = true
    cancelExpiry()
    cancelRecheck()
    unfollow()
  }
}
