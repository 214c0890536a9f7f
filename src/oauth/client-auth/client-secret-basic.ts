import { OAuthError } from '../errors.ts'
import { type ClientAuthMethod, type PresentedClient, presentedId, presentedSecret } from './client-auth-method.ts'

const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2}) *$/i

/** RFC 6749 §2.3.1: HTTP Basic with form-encoded id and secret. Any `Authorization` header counts as its use. */
export const clientSecretBasic: ClientAuthMethod = {
  method: 'client_secret_basic',
  read({ headers }) {
    const header = headers['authorization']
    if (header === undefined) return undefined
    const encoded = BASIC.exec(header)?.[1]
    const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
    const colon = text.indexOf(':')
    if (colon < 1) throw new OAuthError('invalid_client', 'Client authentication failed.')
    return readings(text.slice(0, colon), text.slice(colon + 1))
  },
}

/** Many clients do not encode what they send: the text as it stands is tried where decoding gives something else. */
function readings(rawId: string, rawSecret: string): readonly PresentedClient[] {
  const raw = presented(rawId, rawSecret)
  const id = formDecoded(rawId)
  const secret = formDecoded(rawSecret)
  if (id === undefined || secret === undefined || (id === rawId && secret === rawSecret)) return [raw]
  return [presented(id, secret), raw]
}

/** §2.3.1: an empty secret is no secret; libraries send it for public clients. */
const presented = (id: string, secret: string): PresentedClient =>
  secret === '' ? presentedId(id) : presentedSecret(id, secret)

function formDecoded(text: string): string | undefined {
  if (!/[%+]/.test(text)) return text
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return undefined // not form-encoded at all
  }
}
