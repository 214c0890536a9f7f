import type { Principal } from './principal.ts'

/** Looks up access tokens of this gateway: what the data plane, introspection and WebSockets rely on. */
export interface AccessTokens {
  /**
   * From memory only: who holds the token, when that is known and certainly still true.
   * Undefined means "not known here", not "invalid": ask `find`.
   */
  peek(token: string): Principal | undefined
  /**
   * Who holds the token; undefined when it was never issued, has expired or was revoked.
   * Garbage is refused by its format, without asking the store. Throws `StoreUnavailable` when that cannot be known.
   */
  find(token: string): Promise<Principal | undefined>
  /** Of its memory; for measuring. */
  counts?(): { readonly hits: number; readonly misses: number; readonly entries: number }
  close(): void
}
