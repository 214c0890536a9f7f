import type { IntrospectionSettings } from '../../api/settings/external-tokens.ts'
import type { Outbound } from '../../outbound/outbound.ts'
import type { Claims } from './claims.ts'
import { jsonObject, unavailable } from './fetch-json.ts'
import { TokenServerUnavailable } from './token-server-unavailable.ts'

const BYTES = 65_536
/** Answers that speak of the request, and so of the token that a client has sent, not of the server or of the gateway. */
const OF_ONE_TOKEN = new Set([400, 413, 414, 422])

/**
 * RFC 7662 §2: what the server says of a token; undefined when it is not active, or meant for others. Throws
 * `TokenServerUnavailable` for every answer that is none.
 */
export async function introspect(
  token: string,
  settings: IntrospectionSettings,
  outbound: Outbound,
): Promise<Claims | undefined> {
  const { url, clientId, clientSecret, clientAuth, timeout } = settings
  const form = new URLSearchParams({ token, token_type_hint: 'access_token' })
  const headers: Record<string, string> = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
  }
  if (clientAuth === 'client_secret_post') {
    form.set('client_id', clientId)
    form.set('client_secret', clientSecret.reveal())
  } else {
    const pair = [clientId, clientSecret.reveal()].map(encodeURIComponent).join(':')
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  const response = await outbound
    .request({ method: 'POST', url, headers, body: form.toString(), timeout, maxBytes: BYTES, chosenBy: 'operator' })
    .catch(unavailable(url))
  const claims = response.status === 200 && !response.truncated ? jsonObject(response.body) : undefined
  if (!claims || typeof claims['active'] !== 'boolean') {
    const message = `${url} answered ${response.status} without saying whether the token is active`
    throw new TokenServerUnavailable(message, OF_ONE_TOKEN.has(response.status))
  }
  return claims['active'] && claims['cnf'] === undefined && isMeantFor(claims['aud'], settings.audience)
    ? claims
    : undefined
}

function isMeantFor(aud: unknown, audience: readonly string[] | undefined): boolean {
  if (audience === undefined) return true
  return [aud].flat().some((one) => typeof one === 'string' && audience.includes(one))
}
