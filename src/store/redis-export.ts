import type { Instant } from '../core/clock.ts'
import { decodeCompact } from './compact.ts'
import type { RedisClient } from './redis-client.ts'
import { indexNames, jobName, type NamedThing, thingAt } from './redis-keys.ts'
import { decodeMember } from './redis-members.ts'
import { readRecord } from './redis-value.ts'
import type { Commit, NewJob, Write } from './store.ts'
import { decodeText } from './text.ts'

/** Members of a sorted set read at a time. */
const CHUNK = 500

/** All records, index entries and jobs that live. An index entry gets the longest deadline that any entry of it may have. */
export async function* exportRedis(client: RedisClient, now: Instant): AsyncIterable<Commit> {
  for await (const names of client.names()) {
    for (const name of names) {
      const thing = thingAt(name)
      if (thing) yield* exportThing(client, name, thing, now)
    }
  }
}

async function* exportThing(client: RedisClient, name: Buffer, thing: NamedThing, now: Instant): AsyncIterable<Commit> {
  if (thing.is === 'record') {
    const bytes = await client.call('GET', name)
    if (bytes instanceof Buffer) yield* recordCommit(thing, bytes, now)
  } else if (thing.is === 'index') {
    const life = String((await client.call('GET', indexNames(thing.index).life)) ?? 'inf')
    const longest = life.startsWith('inf') ? undefined : Number(life.split(' ')[0])
    for await (const rows of rowsOf(client, name)) {
      yield { partition: 0, writes: rows.flatMap((row) => toIndex(thing.index, row, longest, now) ?? []) }
    }
  } else {
    for await (const rows of rowsOf(client, name)) {
      const jobs = await Promise.all(rows.map((row) => toJob(client, thing, row)))
      yield { partition: thing.partition, enqueue: jobs.flatMap((job) => job ?? []) }
    }
  }
}

function* recordCommit({ key }: Extract<NamedThing, { is: 'record' }>, bytes: Buffer, now: Instant): Iterable<Commit> {
  const { value, expiresAt } = readRecord(key.id, bytes)
  if (expiresAt > 0 && expiresAt <= now) return
  const write: Write = { op: 'put', key, value, ...(expiresAt > 0 ? { expiresAt } : {}) }
  yield { partition: key.partition, writes: [write] }
}

interface Row {
  readonly member: Buffer
  readonly sort: number
}

async function* rowsOf(client: RedisClient, zset: Buffer): AsyncIterable<readonly Row[]> {
  for (let start = 0; ; start += CHUNK) {
    const flat = (await client.call('ZRANGE', zset, start, start + CHUNK - 1, 'WITHSCORES')) as Buffer[]
    if (flat.length === 0) return
    yield flat.flatMap((member, at) => (at % 2 === 0 ? { member, sort: Number(flat[at + 1]) } : []))
  }
}

/** An entry of an index whose longest lifetime is `longest`; undefined when even that is over. */
function toIndex(index: string, { member, sort }: Row, longest: number | undefined, now: Instant): Write | undefined {
  const entry = { op: 'index', index, member: decodeMember(member), sort } as const
  if (longest === undefined) return entry
  return sort + longest > now ? { ...entry, expiresAt: sort + longest } : undefined
}

async function toJob(client: RedisClient, thing: Extract<NamedThing, { is: 'queue' }>, row: Row) {
  const bytes = await client.call('HGET', jobName(thing.partition, thing.queue), row.member)
  if (!(bytes instanceof Buffer)) return undefined
  const id = decodeText(row.member.toString())
  const job: NewJob = { queue: thing.queue, id, dueAt: row.sort, value: decodeCompact(bytes, 4, { id, expiresAt: 0 }) }
  return job
}
