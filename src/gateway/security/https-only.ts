import type { IncomingMessage } from 'node:http'
import type { Api } from '../../api/api.ts'
import type { Log } from '../../core/log.ts'
import { Problem } from '../../core/problem.ts'
import { peerAddress, type TrustsPeer } from '../forwarded.ts'

/** Throws for a request that has come in the clear where credentials must not. */
export type HttpsOnly = (req: IncomingMessage) => void

const known = new WeakMap<Api, HttpsOnly>()
const anyhow: HttpsOnly = () => {}

/**
 * The rule of an API for its OAuth endpoints and for operations that want credentials (RFC 6749 §3.1, §3.2, RFC 6750 §5.3).
 * With `auto` it holds where clients come by https and it is known how: trusted proxies say so, or the gateway has TLS itself.
 */
export function httpsOnly(api: Api, trusts: TrustsPeer | undefined, log: Log): HttpsOnly {
  let rule = known.get(api)
  if (!rule) {
    const { requireHttps = 'auto' } = api.authentication
    const holds = requireHttps === 'always' || (requireHttps === 'auto' && trusts !== undefined && isHttps(api.issuer))
    rule = holds ? refusePlain(api, trusts, log) : anyhow
    known.set(api, rule)
  }
  return rule
}

const isHttps = (url: string): boolean => url.startsWith('https:')

function refusePlain(api: Api, trusts: TrustsPeer | undefined, log: Log): HttpsOnly {
  let hinted = false
  return (req) => {
    if ('encrypted' in req.socket) return
    const proxy = peerAddress(req.socket)
    const saidHttps = saysHttps(req)
    if (saidHttps && trusts?.(proxy)) return
    if (saidHttps && !hinted) {
      hinted = true // once is enough to find out
      log.warn({ api: api.id, proxy }, 'X-Forwarded-Proto says https, but the proxy is not one of --trusted-proxies')
    }
    const told = { error: 'access_denied', error_description: 'You must use HTTPS' }
    throw new Problem(400, 'https_required', 'You must use HTTPS.', { members: told })
  }
}

/** Every proxy on the way must have been reached by TLS. Where both headers speak, the client may have written one of them. */
function saysHttps({ headers }: IncomingMessage): boolean {
  const said = [
    ...[headers['x-forwarded-proto'] ?? []].flat().flatMap((text) => text.split(',')),
    ...protosOf(headers.forwarded),
  ]
  return said.length > 0 && said.every((proto) => proto.trim().toLowerCase() === 'https')
}

/** RFC 7239 §5.4: what each element says, in their order; nothing where none speaks of it. */
function protosOf(forwarded = ''): readonly string[] {
  const said = forwarded.split(',').map((element) => /(?:^|;)\s*proto=("?)([a-z]+)\1/i.exec(element)?.[2] ?? '')
  return said.some((proto) => proto !== '') ? said : []
}
