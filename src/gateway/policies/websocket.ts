import { z } from 'zod'
import { byteSize, duration, flag } from '../../api/settings/field.ts'
import { Problem } from '../../core/problem.ts'
import type { Call } from '../call.ts'
import { checkHandshake, hasAmbientCredentials } from '../websocket-handshake.ts'
import { corsOrigins, ORIGIN_PATTERN } from './cors-origins.ts'
import { definePolicy } from './policy.ts'

const settings = z
  .strictObject({
    enabled: flag(true, {
      title: 'Enabled',
      description: 'Whether WebSockets are let through. Without these settings: when the upstream is ws or wss.',
    }),
    origins: z
      .array(z.string().regex(ORIGIN_PATTERN, 'an origin such as "https://app.example.com" or "*"'))
      .meta({
        title: 'Origins',
        description:
          'Where the pages come from that may open a WebSocket; other pages get 403. By default every page, but only pages of the gateway’s own origin where a cookie or Basic credentials may let someone in, because browsers send those for any page. Programs that are no browsers name no origin and are let in.',
        examples: [['https://app.example.com']],
      })
      .optional(),
    idleTimeout: duration({
      title: 'Idle timeout',
      description: 'A WebSocket on which nothing moves for so long, pings included, is closed with 1001.',
      examples: ['5m'],
    }).prefault('5m'),
    maxMessageSize: byteSize({
      title: 'Message size',
      description:
        'Bytes of one message of a client at most, as they come over the wire; 1009 beyond. They are passed on as they come, not collected.',
      examples: ['1mb'],
    }).prefault('16mb'),
  })
  .meta({
    title: 'WebSocket',
    description:
      'Lets WebSockets through to the upstream. They authenticate as every request does, and are closed with 4401 when the token expires or is revoked.',
    examples: [{ origins: ['https://app.example.com'] }],
  })

/** RFC 6455: checks a request for a WebSocket, and notes that it is to be forwarded as one. */
export const websocket = definePolicy({
  name: 'websocket',
  settings,
  initial: ({ api, operation }) =>
    /^wss?:/i.test(operation.upstreamUrl ?? api.upstream.url) ? settings.parse({}) : undefined,
  create({ enabled, origins, ...limits }) {
    if (!enabled) return undefined
    const allows = origins && (origins.includes('*') ? () => true : corsOrigins(origins))
    return (call) => {
      if (!call.upgrade) return undefined
      checkHandshake(call.req)
      const { origin } = call.req.headers
      if (origin !== undefined && !(allows ? allows(origin) : isAtHome(call, origin))) {
        throw new Problem(403, 'origin_not_allowed', 'Pages of this origin may not open a WebSocket here.')
      }
      call.websocket = limits
      return undefined
    }
  },
})

/** Without a list of origins: whether what the browser adds by itself cannot be misused by a page from elsewhere. */
function isAtHome(call: Call, origin: string): boolean {
  if (!hasAmbientCredentials(call.api)) return true
  const host = call.target.authority ?? call.req.headers.host ?? ''
  return (
    origin.toLowerCase() === new URL(call.api.issuer).origin ||
    origin.toLowerCase().endsWith(`://${host.toLowerCase()}`)
  )
}
