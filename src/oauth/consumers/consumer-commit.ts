import type { Instant } from '../../core/clock.ts'
import type { Commit, Entry, Guard, Write } from '../../store/store.ts'
import {
  CONSUMERS_INDEX,
  CONSUMERS_PARTITION,
  type ConsumerRecord,
  consumerKey,
  consumerNameKey,
  namesOf,
} from '../records/consumer.ts'
import { MARK } from '../tokens/marks.ts'

type Names = Pick<ConsumerRecord, 'username' | 'customId'>
type NamedKey = ReturnType<typeof consumerNameKey>

/**
 * Puts a consumer in the place of what was there before, if that is still so: a new name must be nobody's, one that it no
 * longer has is free again. A conflict names the key of a name that is taken, or that of the consumer when it has changed.
 */
export function putConsumer(after: ConsumerRecord, before: Entry<ConsumerRecord> | undefined): Commit {
  const key = consumerKey(after.id)
  const own = keysOf(after)
  const had = before ? keysOf(before.value) : []
  const gained = own.filter(({ id }) => !had.some((name) => name.id === id))
  const lost = had.filter(({ id }) => !own.some((name) => name.id === id))
  const guards: Guard[] = [{ key, version: before?.version ?? 0 }, ...gained.map((name) => ({ key: name, version: 0 }))]
  const writes: Write[] = [
    { op: 'put', key, value: after },
    { op: 'index', index: CONSUMERS_INDEX, member: after.id, sort: after.createdAt },
    ...gained.map((name): Write => ({ op: 'put', key: name, value: { consumerId: after.id } })),
    ...lost.map((name): Write => ({ op: 'remove', key: name })),
  ]
  return { partition: CONSUMERS_PARTITION, guards, writes, marks: marksOf(after.updatedAt, after, before?.value ?? {}) }
}

/** Removes a consumer. From then on its applications and their tokens are dead: nothing finds them without it. */
export function removeConsumer({ value, version }: Entry<ConsumerRecord>, now: Instant): Commit {
  const key = consumerKey(value.id)
  return {
    partition: CONSUMERS_PARTITION,
    guards: [{ key, version }],
    writes: [
      { op: 'remove', key },
      { op: 'unindex', index: CONSUMERS_INDEX, member: value.id },
      ...keysOf(value).map((name): Write => ({ op: 'remove', key: name })),
    ],
    marks: marksOf(now, value, {}),
  }
}

const keysOf = (consumer: Names): NamedKey[] => namesOf(consumer).map(([field, name]) => consumerNameKey(field, name))

/** One for the id, and one for each username by which it was, or is, known. */
function marksOf(at: Instant, consumer: ConsumerRecord, before: Names): Required<Commit>['marks'] {
  const names = new Set([consumer.username, before.username].filter((name) => name !== undefined))
  return [consumer.id, ...names].map((id) => ({ topic: MARK.consumer, id, at }))
}
