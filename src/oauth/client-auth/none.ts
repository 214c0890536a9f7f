import { type ClientAuthMethod, presentedId } from './client-auth-method.ts'

/** RFC 6749 §3.2.1: a public client names itself in the body, and uses no other method. */
export const none: ClientAuthMethod = {
  method: 'none',
  read({ headers, body }) {
    const clientId = body?.get('client_id')
    if (clientId === undefined || headers['authorization'] !== undefined) return undefined
    if (body?.get('client_secret') !== undefined) return undefined
    return [presentedId(clientId)]
  },
}
