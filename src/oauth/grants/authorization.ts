import type { Api, IssuerScheme } from '../../api/api.ts'
import type { Commit, Entry } from '../../store/store.ts'
import type { Client } from '../clients/client.ts'
import type { GrantRecord } from '../records/grant.ts'
import type { SessionRules } from '../records/policy.ts'
import type { UserRecord } from '../records/user.ts'

/** What a grant has decided: who gets tokens for what. `issue` makes them. */
export interface Authorization {
  readonly api: Api
  readonly scheme: IssuerScheme
  readonly client: Client
  /** The resource owner; absent when the client acts for itself. */
  readonly subject?: string
  readonly scope: readonly string[]
  readonly grantType: string
  readonly metadata: Readonly<Record<string, unknown>>
  /** What the identity server said of it, within the client's policies. */
  readonly session?: SessionRules
  /** The user of the gateway whose password was checked for it. */
  readonly registered?: UserRecord
  readonly family: Family
}

/** Where the tokens belong. */
export type Family =
  /** To nothing: client credentials. */
  | { readonly kind: 'none' }
  /** To a new grant. */
  | {
      readonly kind: 'new'
      readonly grantId: string
      /** The code that was redeemed for it. */
      readonly code?: string
      /** What must hold and change in the same commit: the code is consumed with the issue of its tokens. */
      readonly consume?: Pick<Commit, 'guards' | 'writes'>
    }
  /** To a grant that goes on with the refresh token that was presented. */
  | { readonly kind: 'refresh'; readonly grant: Entry<GrantRecord>; readonly presented: string }

/** RFC 6749 §5.1. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'bearer'
  /** Seconds; absent when it never expires. */
  readonly expires_in?: number
  readonly refresh_token?: string
  /** Space separated; absent when there is none. */
  readonly scope?: string
}
