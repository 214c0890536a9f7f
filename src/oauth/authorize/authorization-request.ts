import type { Api, IssuerScheme } from '../../api/api.ts'
import type { Client } from '../clients/client.ts'

/** RFC 6749 §3.1.1. */
export type ResponseType = 'code' | 'token'

/** A client and a redirect URI that belong together: from here on, errors may go back to the client. */
export interface ProvenRedirect {
  readonly client: Client
  readonly redirectUri: string
  /** Whether the request named it; it may be omitted when only one is registered (RFC 6749 §3.1.2.3). */
  readonly redirectUriGiven: boolean
}

/** An authorization request that has passed every check: all that is missing is what the resource owner says. */
export interface AuthorizationRequest extends ProvenRedirect {
  readonly api: Api
  readonly scheme: IssuerScheme
  readonly responseType: ResponseType
  readonly scope: readonly string[]
  readonly state?: string
  /** RFC 7636 §4.3: S256 challenge. */
  readonly codeChallenge?: string
}
