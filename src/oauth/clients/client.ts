import type { ClientRecord } from '../records/client.ts'
import type { Rights } from '../tokens/rights.ts'

/** A registered client as its policies leave it; `scopes` are those that both the registration and the policies allow. */
export interface Client extends ClientRecord {
  /** Absent when it has no policies. */
  readonly rights?: Rights
}
