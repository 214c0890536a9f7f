import type { Principal } from '../../oauth/tokens/principal.ts'
import { MISSING, type Refusal, SEVERAL } from '../security/verdict.ts'
import { quoted } from './bearer-challenge.ts'
import type { Credential } from './credential.ts'

const INVALID_USER: Refusal = { refused: 'invalid', detail: 'User name and password do not match.' }
const BASIC = /^basic +([A-Za-z0-9+/_-]+={0,2})$/i

/** `http` `basic` (RFC 7617): name and password of a registered user, in UTF-8. */
export const basic: Credential<'basic'> = {
  kind: 'basic',
  check: (_, __, deps) => (call) => {
    const value = call.req.headers.authorization
    if (value === undefined || !/^basic(?: |$)/i.test(value)) return MISSING
    if (call.authorizations > 1) return SEVERAL
    const pair = userAndPassword(value)
    if (!pair) return INVALID_USER
    return deps.users(pair[0], pair[1]).then((good) => (good ? user(pair[0]) : INVALID_USER))
  },
  challenge: (_, api) => ({ scheme: 'Basic', parameters: `realm=${quoted(api.name)}, charset="UTF-8"`, bearer: false }),
  places: () => ({ headers: new Set(['authorization']) }),
}

function userAndPassword(value: string): readonly [string, string] | undefined {
  const text = Buffer.from(BASIC.exec(value)?.[1] ?? '', 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon < 1 ? undefined : [text.slice(0, colon), text.slice(colon + 1)]
}

function user(username: string): Principal {
  return { subject: username, scope: new Set(), policies: [], metadata: {} }
}
