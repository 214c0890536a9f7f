import type { Instant } from '../../core/clock.ts'
import { type Key, partitionOf, recordKind } from '../../store/store.ts'

/** Whoever runs applications: a person, a team or a company. Told upstream as `X-Consumer-*`. */
export interface ConsumerRecord {
  /** A UUID. */
  readonly id: string
  readonly username?: string
  readonly customId?: string
  readonly tags: readonly string[]
  /** Present when it stands in the file of consumers: a digest of its entry there. */
  readonly declared?: string
  readonly createdAt: Instant
  readonly updatedAt: Instant
}

/** A name that only one consumer may have. */
export interface ConsumerNameRecord {
  readonly consumerId: string
}

export type ConsumerNameField = 'username' | 'custom_id'

/** All consumers share a partition, so that a name is given to one of them only. */
export const CONSUMERS_PARTITION = partitionOf('consumers')

const kind = recordKind<ConsumerRecord>('consumer')
export const consumerKey = (id: string): Key<ConsumerRecord> => kind(CONSUMERS_PARTITION, id)

const nameKind = recordKind<ConsumerNameRecord>('consumer-name')
export const consumerNameKey = (field: ConsumerNameField, name: string): Key<ConsumerNameRecord> =>
  nameKind(CONSUMERS_PARTITION, `${field}:${name}`)

/** Index of all consumers, in the order of their creation. */
export const CONSUMERS_INDEX = 'consumers'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Whether a text has the form of an id; no name may. */
export const isUuid = (text: string): boolean => UUID.test(text)

/** What the names of a consumer are. */
export function namesOf({ username, customId }: Pick<ConsumerRecord, 'username' | 'customId'>) {
  const names: (readonly [ConsumerNameField, string])[] = []
  if (username !== undefined) names.push(['username', username])
  if (customId !== undefined) names.push(['custom_id', customId])
  return names
}
