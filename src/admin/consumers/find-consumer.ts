import { consumerEntry } from '../../oauth/consumers/consumer-directory.ts'
import type { ConsumerRecord } from '../../oauth/records/consumer.ts'
import type { Entry, Store } from '../../store/store.ts'
import { entityNotFound } from './field-problem.ts'

/** The record of the consumer of that id or username, read from the store itself. Throws 404. */
export async function findConsumer(store: Store, reference: string | undefined): Promise<Entry<ConsumerRecord>> {
  const entry = await consumerEntry(reference ?? '', store)
  if (!entry) throw entityNotFound('consumer')
  return entry
}
