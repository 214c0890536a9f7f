import type { Instant } from '../../core/clock.ts'
import type { Rights } from './rights.ts'

/** Who makes a request, whatever kind of credential proved it. */
export interface Principal {
  /** The client application; `X-Credential-Identifier` upstream. */
  readonly clientId?: string
  /** The resource owner; `X-Authenticated-Userid` upstream. */
  readonly subject?: string
  readonly scope: ReadonlySet<string>
  readonly consumer?: { readonly id: string; readonly customId?: string; readonly username?: string }
  /** Where a document names the consumer: its id or name there. */
  readonly named?: string
  readonly anonymous?: boolean
  /** The API and the scheme whose issuer made the token, for tokens of this gateway. */
  readonly api?: string
  readonly scheme?: string
  /** APIs the client may use; the bearer scheme accepts its tokens there. */
  readonly apis?: readonly string[]
  readonly grantId?: string
  /** Public name of the token, never the token. */
  readonly tokenId?: string
  /** The id in the token itself, where it is a JWT. */
  readonly jti?: string
  readonly policies: readonly string[]
  /** What the policies, and the session of the token, come to; absent where there are none. */
  readonly rights?: Rights
  readonly metadata: Readonly<Record<string, unknown>>
  /** What the upstream is told besides, flat: name, value. */
  readonly headers?: readonly string[]
  /** When the credential was issued, for tokens of this gateway. */
  readonly issuedAt?: Instant
  /** When the credential stops being valid. */
  readonly expiresAt?: Instant
}
