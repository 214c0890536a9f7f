import { type ClientAuthMethod, presentedId } from './client-auth-method.ts'

/** What other methods read from the body. */
const OTHERS = ['client_secret', 'client_assertion', 'client_assertion_type']

/** RFC 6749 §3.2.1: a public client names itself in the body, and uses no other method. */
export const none: ClientAuthMethod = {
  method: 'none',
  read({ headers, body }) {
    const clientId = body?.get('client_id')
    if (clientId === undefined || headers['authorization'] !== undefined) return undefined
    if (OTHERS.some((name) => body?.get(name) !== undefined)) return undefined
    return [presentedId(clientId)]
  },
}
