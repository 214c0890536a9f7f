import type { Parameters } from '../oauth/http.ts'
import type { KeyRole } from './keys/admin-key.ts'

/** Who makes a call to the admin API. */
export type Actor =
  | { readonly kind: 'admin' }
  /** A key that may do one thing for some APIs. */
  | {
      readonly kind: 'key'
      readonly id: string
      readonly name: string
      readonly role: KeyRole
      readonly apis: readonly string[]
      /** Calls in a minute. */
      readonly rateLimit: number
    }
  /** Nobody in particular, from this machine: the probes. */
  | { readonly kind: 'local' }

export interface AdminRequest {
  /** Percent-decoded parts of the path. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Parameters
  readonly body: AdminBody
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly actor: Actor
}

export interface AdminBody {
  /** Media type without parameters, in lower case; empty when there is no body. */
  readonly type: string
  readonly text: string
}

export interface AdminAnswer {
  readonly status: number
  /** Sent as JSON, unless it is a text (then `Content-Type` must stand in the headers). */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** What the audit line names besides actor, action and path. Never a secret. */
  readonly audit?: Readonly<Record<string, unknown>>
}

/** One call of the admin API. */
export interface AdminRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Such as `/api/users/:username`; a trailing slash is accepted as well. */
  readonly path: string
  /** Name of the call in the audit log, such as `client.create`. */
  readonly action: string
  /** Which keys may call it, for the API that the path names as `:apiId`. The admin may call everything. */
  readonly keys?: KeyRole
  /** Whether programs on this machine may call it without a secret. */
  readonly openLocally?: boolean
  handle(request: AdminRequest): Promise<AdminAnswer>
}
