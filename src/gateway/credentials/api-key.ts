import type { SecurityScheme } from '../../api/api.ts'
import { sha256 } from '../../core/digest.ts'
import type { Principal } from '../../oauth/tokens/principal.ts'
import type { Call } from '../call.ts'
import { MISSING, type Refusal, SEVERAL } from '../security/verdict.ts'
import { cookieValues, queryValues } from '../strip-credential.ts'
import { quoted } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'

type ApiKeyScheme = Extract<SecurityScheme, { readonly kind: 'apiKey' }>

const INVALID_KEY: Refusal = { refused: 'invalid', detail: 'The API key is not known.' }

/** `apiKey`: one of the keys that the document declares. Found by digest, so that nothing depends on how much of it is right. */
export const apiKey: Credential<'apiKey'> = {
  kind: 'apiKey',
  check(scheme) {
    const holders = new Map(scheme.settings.keys.map(({ key, consumer }) => [sha256(key.reveal()), holder(consumer)]))
    return (call) => {
      const presented = keysOf(call, scheme)
      if (presented.length > 1) return SEVERAL
      const key = presented[0]
      return key === undefined || key === '' ? MISSING : (holders.get(sha256(key)) ?? INVALID_KEY)
    }
  },
  challenge: (scheme, api) => ({
    scheme: 'ApiKey',
    parameters: `realm=${quoted(api.name)}, in=${quoted(scheme.in)}, name=${quoted(scheme.key)}`,
    bearer: false,
  }),
  places: (scheme) => ({
    headers: new Set(scheme.in === 'header' ? [scheme.key.toLowerCase()] : []),
    queries: new Set(scheme.in === 'query' ? [scheme.key] : []),
    cookies: new Set(scheme.in === 'cookie' ? [scheme.key] : []),
  }),
}

function keysOf(call: Call, scheme: ApiKeyScheme): readonly string[] {
  if (scheme.in === 'query') return queryValues(call.target.query, scheme.key)
  if (scheme.in === 'cookie') return cookieValues(call.req.headers.cookie, scheme.key)
  const lower = scheme.key.toLowerCase()
  const value = call.req.headers[lower]
  if (value === undefined) return []
  return lower === 'authorization' && call.authorizations > 1 ? [String(value), ''] : [String(value)]
}

function holder(consumer: string): Principal {
  return {
    named: consumer,
    consumer: { id: consumer, username: consumer },
    scope: new Set(),
    policies: [],
    metadata: {},
  }
}
