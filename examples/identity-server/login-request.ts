import type { ClientApplication } from './gateway.ts'

/** The gateway's request to authenticate somebody, as it stands in the query of the login page. */
export interface LoginRequest {
  readonly challenge: string
  readonly clientId: string
  readonly redirectUri?: string
  /** Undefined when the client named none. */
  readonly scope?: string
}

/** Undefined when the query did not come from a gateway. */
export function parseLoginRequest(query: URLSearchParams): LoginRequest | undefined {
  const challenge = query.get('login_challenge')
  const clientId = query.get('client_id')
  const redirectUri = query.get('redirect_uri')
  const scope = query.get('scope')
  if (!challenge || !clientId) return undefined
  return { challenge, clientId, ...(redirectUri && { redirectUri }), ...(scope && { scope }) }
}

/**
 * Where the browser will go, as it can be shown to the user: the named redirect URI if it is the client's, else its only
 * one. The query passes through the browser, so it is believed only where it agrees with what the gateway knows.
 */
export function redirectTarget(request: LoginRequest, client: ClientApplication): URL | undefined {
  const { redirectUri } = request
  if (redirectUri === undefined) {
    return client.redirectUris.length === 1 ? parseUrl(client.redirectUris[0] ?? '') : undefined
  }
  return client.redirectUris.some((registered) => isSameTarget(registered, redirectUri))
    ? parseUrl(redirectUri)
    : undefined
}

/** Whether `target` leads where the user was told, whatever parameters were added: a code goes nowhere else. */
export function leadsTo(target: string, shown: URL): boolean {
  const url = parseUrl(target)
  return (
    url !== undefined && url.protocol === shown.protocol && url.host === shown.host && url.pathname === shown.pathname
  )
}

/** RFC 8252 §7.3: the port of a loopback redirect URI is chosen by the application when it runs. */
function isSameTarget(registered: string, given: string): boolean {
  if (registered === given) return true
  const [a, b] = [parseUrl(registered), parseUrl(given)]
  if (!a || !b || a.protocol !== 'http:' || !LOOPBACK.has(a.hostname)) return false
  a.port = b.port
  return a.href === b.href
}

const LOOPBACK = new Set(['127.0.0.1', '[::1]', 'localhost'])

const parseUrl = (text: string): URL | undefined => URL.parse(text) ?? undefined
