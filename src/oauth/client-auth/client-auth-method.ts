import type { Api } from '../../api/api.ts'
import type { OAuthRequest } from '../http.ts'
import type { ClientRecord } from '../records/client.ts'
import type { OAuthServices } from '../services.ts'

/** What a client says it is, and how it would prove it. */
export interface PresentedClient {
  readonly clientId: string
  /**
   * Whether the proof is good for this client; asked as well when there is no such client, and takes as long. Without
   * `slow`, only proofs that are cheap to check are good. A proof that may be used once is used by this.
   */
  proves(client: ClientRecord | undefined, services: OAuthServices, slow: boolean, api: Api): Promise<boolean>
}

/** A way for clients to authenticate: one file and one line in the registry. */
export interface ClientAuthMethod {
  /** Its name in metadata (RFC 7591 §2). */
  readonly method: string
  /**
   * Every reading of the credentials of this method in the request, best first; undefined when it is not used.
   * Throws `invalid_client` when it is used in a way that cannot be read.
   */
  read(request: OAuthRequest): readonly PresentedClient[] | undefined
}

/** A client that proves itself with a secret: it must be one that has secrets. */
export function presentedSecret(clientId: string, secret: string): PresentedClient {
  return {
    clientId,
    async proves(client, { secrets }, slow) {
      const matches = await secrets.matches(secret, client?.secrets ?? [], slow)
      return matches && client?.type === 'confidential'
    },
  }
}

/** A client that has nothing to prove itself with: good enough for a public one (RFC 6749 §2.1). */
export function presentedId(clientId: string): PresentedClient {
  return { clientId, proves: async (client) => client?.type === 'public' }
}
