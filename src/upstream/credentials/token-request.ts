import { SignJWT } from 'jose'
import type { ClientCredentialsSettings } from '../../api/settings/client-credentials.ts'
import type { Clock } from '../../core/clock.ts'
import { readPrivateKey, signingAlgorithm } from '../../core/private-key.ts'
import { type Random, randomId } from '../../core/random.ts'
import type { OutboundRequest } from '../../outbound/outbound.ts'

const ANSWER_BYTES = 65_536
/** Seconds that an assertion is valid: as long as clocks may differ and a request may take. */
const ASSERTION_LIFETIME = 60

/** RFC 6749 §4.4.2: the request for a token. The client is named in one way only (§2.3). */
export async function tokenRequest(
  settings: ClientCredentialsSettings,
  deps: { readonly clock: Clock; readonly random: Random },
): Promise<OutboundRequest> {
  const form = formOf(settings)
  const headers: Record<string, string> = {
    ...settings.headers,
    'content-type': 'application/x-www-form-urlencoded',
    accept: 'application/json',
  }
  const secret = settings.clientSecret?.reveal() ?? ''
  if (settings.clientAuth === 'client_secret_basic') {
    headers['authorization'] = basic(settings.clientId, secret)
  } else if (settings.clientAuth === 'client_secret_post') {
    form.set('client_id', settings.clientId)
    form.set('client_secret', secret)
  } else {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    form.set('client_assertion', await assertion(settings, deps))
  }
  const { tokenUrl: url, timeout } = settings
  return { method: 'POST', url, headers, body: form.toString(), timeout, maxBytes: ANSWER_BYTES, chosenBy: 'operator' }
}

/** What is asked for. A parameter of the document replaces ours of the same name; an empty scope is not sent at all. */
function formOf({ scopes, audience = [], resource = [], params }: ClientCredentialsSettings): URLSearchParams {
  const form = new URLSearchParams({ grant_type: 'client_credentials' })
  if (scopes.length > 0) form.set('scope', scopes.join(' '))
  for (const value of audience) form.append('audience', value)
  for (const value of resource) form.append('resource', value)
  for (const [name, values] of Object.entries(params)) {
    form.delete(name)
    for (const value of values) form.append(name, value)
  }
  return form
}

/** RFC 6749 §2.3.1: both are form-encoded before they are joined. */
function basic(id: string, secret: string): string {
  const encoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)
  return `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}`
}

/** RFC 7523 §3: a JWT in which the client speaks of itself. */
function assertion(
  { clientId, tokenUrl, privateKey }: ClientCredentialsSettings,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<string> {
  const key = readPrivateKey(privateKey?.key.reveal() ?? '')
  if (!key) throw new Error('the private key of the client cannot be read') // the document was checked for it
  const now = Math.floor(clock.now() / 1000)
  const { keyId, algorithm, audience } = privateKey ?? {}
  return new SignJWT({})
    .setProtectedHeader({
      alg: algorithm ?? signingAlgorithm(key) ?? '',
      typ: 'JWT',
      ...(keyId === undefined ? {} : { kid: keyId }),
    })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience ?? tokenUrl)
    .setJti(randomId(random))
    .setIssuedAt(now)
    .setExpirationTime(now + ASSERTION_LIFETIME)
    .sign(key)
}
