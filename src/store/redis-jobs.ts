import type { Clock, Instant } from '../core/clock.ts'
import { decodeCompact } from './compact.ts'
import { decodeCursor, encodeCursor, pageLimit } from './page-cursor.ts'
import type { RedisClient } from './redis-client.ts'
import { dueName, jobName } from './redis-keys.ts'
import { queueLengths } from './redis-lengths.ts'
import { CLAIM, PAGES } from './redis-scripts.ts'
import {
  type Commit,
  type Job,
  type JobPage,
  type NewJob,
  PARTITIONS,
  type Partition,
  type QueueState,
} from './store.ts'
import { decodeText, encodeText } from './text.ts'

/** Queues: in each partition a sorted set of instants and a hash of values. */
export interface RedisJobs {
  claim(queue: string, limit: number, leaseUntil: Instant): Promise<readonly Job[]>
  state(queue: string): Promise<QueueState>
  list(queue: string, page: { readonly after?: string; readonly limit: number }): Promise<JobPage>
  find(queue: string, id: string): Promise<Job | undefined>
  /** How long each queue of the commit may become in its partition. */
  rooms(commit: Commit): Promise<(job: NewJob) => number | undefined>
  /** Takes note of what a commit has added. */
  counted(commit: Commit): void
}

const ALL: readonly Partition[] = Array.from({ length: PARTITIONS }, (_, partition) => partition)

export function openRedisJobs(client: RedisClient, clock: Clock): RedisJobs {
  const lengths = queueLengths(client, clock)
  const inAll = <T>(ask: (partition: Partition) => Promise<T>): Promise<T[]> => Promise.all(ALL.map(ask))
  return {
    async claim(queue, limit, leaseUntil) {
      const now = clock.now()
      const due = await inAll((partition) => dueIn(client, partition, queue, now, limit))
      const shares = share(due, limit)
      const claimed = await Promise.all(
        shares.map(({ partition, count }) => claimIn(client, partition, queue, [now, count, leaseUntil])),
      )
      return claimed.flat().sort(earliestFirst)
    },
    async state(queue) {
      const [counts, firsts] = await Promise.all([
        lengths.read(queue),
        inAll((partition) => client.call('ZRANGE', dueName(partition, queue), 0, 0, 'WITHSCORES')),
      ])
      const dues = firsts.map((first) => Number((first as Buffer[])[1] ?? Infinity))
      const nextDueAt = Math.min(...dues)
      const length = counts.reduce((sum, count) => sum + count, 0)
      return { length, ...(nextDueAt < Infinity ? { nextDueAt } : {}) }
    },
    async list(queue, page) {
      const limit = pageLimit(page.limit)
      const pages = await inAll((partition) => pageOf(client, partition, queue, page.after, limit + 1))
      const rows = pages.flat().sort(byPlace)
      const end = rows.length > limit ? rows[limit - 1] : undefined
      const jobs = await Promise.all(rows.slice(0, limit).map((row) => read(client, queue, row)))
      return {
        jobs: jobs.flatMap((job) => job ?? []),
        ...(end ? { next: encodeCursor({ sort: end.dueAt, tie: end.id.toString('base64url') }) } : {}),
      }
    },
    async find(queue, id) {
      const name = Buffer.from(encodeText(id))
      const scores = await inAll((partition) => client.call('ZSCORE', dueName(partition, queue), name))
      const partition = scores.findIndex((score) => score !== null)
      return partition < 0 ? undefined : read(client, queue, { partition, id: name, dueAt: Number(scores[partition]) })
    },
    async rooms(commit) {
      return lengths.rooms(commit)
    },
    counted: (commit) => lengths.counted(commit),
  }
}

interface Place {
  readonly partition: Partition
  /** As stored. */
  readonly id: Buffer
  readonly dueAt: Instant
}

const byPlace = (a: Place, b: Place): number => a.dueAt - b.dueAt || Buffer.compare(a.id, b.id)
const earliestFirst = (a: Job, b: Job): number => a.dueAt - b.dueAt || (a.id < b.id ? -1 : 1)

/** Members and scores, as Redis lists them in turn. */
function toPlaces(partition: Partition, answer: unknown): Place[] {
  const flat = answer as Buffer[]
  return flat.flatMap((id, at) => (at % 2 === 0 ? { partition, id, dueAt: Number(flat[at + 1]) } : []))
}

async function dueIn(client: RedisClient, partition: Partition, queue: string, now: Instant, limit: number) {
  const range = ['-inf', now, 'BYSCORE', 'LIMIT', 0, limit, 'WITHSCORES']
  return toPlaces(partition, await client.call('ZRANGE', dueName(partition, queue), ...range))
}

/** How many of the earliest `limit` jobs are in which partition. */
function share(due: readonly (readonly Place[])[], limit: number) {
  const earliest = due.flat().sort(byPlace).slice(0, limit)
  const counts = Map.groupBy(earliest, (place) => place.partition)
  return [...counts].map(([partition, places]) => ({ partition, count: places.length }))
}

async function claimIn(client: RedisClient, partition: Partition, queue: string, args: readonly number[]) {
  const answer = (await client.run(CLAIM, [dueName(partition, queue), jobName(partition, queue)], args)) as Buffer[]
  return answer.flatMap((id, at) => {
    const value = answer[at + 2]
    return at % 3 === 0 && value ? toJob(queue, { partition, id, dueAt: Number(answer[at + 1]) }, value) : []
  })
}

async function pageOf(
  client: RedisClient,
  partition: Partition,
  queue: string,
  after: string | undefined,
  limit: number,
) {
  const cursor = decodeCursor(after)
  const [sort, member] = cursor ? [cursor.sort, Buffer.from(cursor.tie, 'base64url')] : ['', '']
  const args = ['-inf', '-inf', limit, sort, member, '']
  const [flat] = (await client.run(PAGES, [dueName(partition, queue)], args)) as unknown[]
  return toPlaces(partition, flat)
}

async function read(client: RedisClient, queue: string, place: Place): Promise<Job | undefined> {
  const value = await client.call('HGET', jobName(place.partition, queue), place.id)
  return value instanceof Buffer ? toJob(queue, place, value) : undefined
}

function toJob(queue: string, { partition, id, dueAt }: Place, bytes: Buffer): Job {
  const name = decodeText(id.toString())
  const value = decodeCompact(bytes, 4, { id: name, expiresAt: 0 })
  return { queue, partition, id: name, dueAt, fence: bytes.readUInt32BE(0), value }
}
