import type { Clock, Instant } from '../core/clock.ts'
import { lru } from '../core/lru.ts'
import type { RedisClient } from './redis-client.ts'
import { dueName } from './redis-keys.ts'
import { type Commit, type NewJob, PARTITIONS } from './store.ts'

/**
 * How long queues are over all partitions. A script sees only its own partition, so the others' lengths are handed to it.
 * They are read again when they are a second old, or when the queue is more than half full: near its end the bound is
 * missed by no more than what other partitions take in at that very moment.
 */
export interface QueueLengths {
  /** Lengths by partition, read now. */
  read(queue: string): Promise<readonly number[]>
  rooms(commit: Commit): Promise<(job: NewJob) => number | undefined>
  counted(commit: Commit): void
}

const TRUSTED_FOR = 1000

interface Known {
  readonly counts: number[]
  readonly at: Instant
}

export function queueLengths(client: RedisClient, clock: Clock): QueueLengths {
  const known = lru<string, Known>(1000)
  const read = async (queue: string): Promise<readonly number[]> => {
    const names = Array.from({ length: PARTITIONS }, (_, partition) => dueName(partition, queue))
    return (await Promise.all(names.map((name) => client.call('ZCARD', name)))).map(Number)
  }
  const current = async (queue: string, capacity: number): Promise<Known> => {
    const before = known.get(queue)
    const trusted = before && clock.now() - before.at < TRUSTED_FOR && total(before.counts) < capacity / 2
    const now = trusted ? before : { counts: [...(await read(queue))], at: clock.now() }
    known.set(queue, now)
    return now
  }
  return {
    read,
    async rooms(commit) {
      const bounds = new Map<NewJob, number>()
      for (const job of commit.enqueue ?? []) {
        if (job.capacity === undefined) continue
        const { counts } = await current(job.queue, job.capacity)
        bounds.set(job, job.capacity - total(counts) + (counts[commit.partition] ?? 0))
      }
      return (job) => bounds.get(job)
    },
    counted(commit) {
      for (const { queue } of commit.enqueue ?? []) {
        const counts = known.get(queue)?.counts
        if (counts) counts[commit.partition] = (counts[commit.partition] ?? 0) + 1
      }
    },
  }
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
