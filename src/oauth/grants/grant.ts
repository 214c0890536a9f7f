import type { Api, IssuerScheme } from '../../api/api.ts'
import type { Client } from '../clients/client.ts'
import type { OAuthServices } from '../services.ts'
import type { Authorization, TokenAnswer } from './authorization.ts'

/** A way to get tokens: one file and one line in the registry. */
export interface Grant {
  readonly grantType: string
  /** The parameters it reads besides `grant_type`; it is shown no other. */
  readonly parameters: readonly string[]
  /** The flow of the document that switches it on; `refresh_token` is a setting instead. */
  readonly flow: 'authorizationCode' | 'clientCredentials' | 'password' | undefined
  /** RFC 6749 §2.1: whether clients without a secret may use it. */
  readonly publicClients: boolean
  /** Throws `OAuthError` when the request deserves no tokens. May be asked again when what it read has changed. */
  authorize(request: GrantRequest, services: OAuthServices): Promise<GrantOutcome>
}

export interface GrantRequest {
  readonly api: Api
  /** The schemes that offer this grant at the endpoint that was called, at least one. */
  readonly schemes: readonly IssuerScheme[]
  /** Authenticated, and allowed to use this grant at this API. */
  readonly client: Client
  /** The grant's own parameters; one without a value counts as absent. */
  readonly parameter: (name: string) => string | undefined
  /** Of the peer. */
  readonly address: string
}

export type GrantOutcome =
  | { readonly kind: 'authorized'; readonly authorization: Authorization }
  /** It was answered before, and the client has lost the answer. */
  | { readonly kind: 'answered'; readonly answer: TokenAnswer }

export const authorized = (authorization: Authorization): GrantOutcome => ({ kind: 'authorized', authorization })
