import type { ConsumerRecord } from '../records/consumer.ts'
import type { Principal } from '../tokens/principal.ts'

/** What the upstream is told of a consumer. */
export function consumerNames({ id, customId, username }: ConsumerRecord): NonNullable<Principal['consumer']> {
  return {
    id,
    ...(customId === undefined ? {} : { customId }),
    ...(username === undefined ? {} : { username }),
  }
}
