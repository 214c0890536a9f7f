import { type ClientAuthMethod, presentedSecret } from './client-auth-method.ts'

/** RFC 6749 §2.3.1: id and secret in the body. */
export const clientSecretPost: ClientAuthMethod = {
  method: 'client_secret_post',
  read({ body }) {
    const clientId = body?.get('client_id')
    const secret = body?.get('client_secret')
    if (secret === undefined) return undefined
    return [presentedSecret(clientId ?? '', secret)]
  },
}
