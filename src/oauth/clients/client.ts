import type { ClientRecord } from '../records/client.ts'
import type { ConsumerRecord } from '../records/consumer.ts'
import type { Rights } from '../tokens/rights.ts'

/** A registered client as its policies leave it; `scopes` are those that both the registration and the policies allow. */
export interface Client extends ClientRecord {
  /** Absent when it has no policies. */
  readonly rights?: Rights
  /** Present when it is a consumer's application. */
  readonly consumer?: ConsumerRecord
}
