import type { Instant } from '../core/clock.ts'
import { encodeCompact } from './compact.ts'
import type { Argument } from './redis-client.ts'
import { dueName, INDEX_BUCKETS, indexNames, jobName, marksName, recordName } from './redis-keys.ts'
import { encodeMember } from './redis-members.ts'
import { deadline } from './redis-value.ts'
import type { Commit, IndexWrite, NewJob, Settlement, Write } from './store.ts'
import { encodeText } from './text.ts'

/** KEYS and ARGV of the commit script, for what can be applied in one step. */
export interface Part {
  readonly keys: readonly Argument[]
  readonly args: readonly Argument[]
}

interface Arguments {
  readonly keys: Argument[]
  readonly args: Argument[]
}

/** `room`: how long the queue of a job may become in this partition, beside what the others hold; undefined: any length. */
export function commitPart(commit: Commit, now: Instant, room: (job: NewJob) => number | undefined): Part {
  const to: Arguments = { keys: [], args: [now] }
  each(to, commit.guards, ({ key, version }) => {
    to.keys.push(recordName(key))
    to.args.push(version)
  })
  each(to, commit.settle, (settlement) => addSettlement(to, commit, settlement))
  each(to, commit.enqueue, (job) => {
    addQueue(to, commit, job.queue)
    to.args.push(encodeText(job.id), job.dueAt, jobValue(job.id, job.value), room(job) ?? '')
  })
  each(to, commit.writes, (write) => addWrite(to, write))
  each(to, commit.marks, (mark) => {
    to.keys.push(marksName(commit.partition))
    to.args.push(encodeText(mark.topic), encodeText(mark.id), mark.at)
  })
  return to
}

/** A part that changes one index and nothing else. */
export function indexPart(write: IndexWrite, now: Instant): Part {
  return commitPart({ partition: 0, writes: [write] }, now, () => undefined)
}

function each<T>(to: Arguments, items: readonly T[] | undefined, add: (item: T) => void): void {
  to.args.push(items?.length ?? 0)
  items?.forEach(add)
}

function addQueue(to: Arguments, commit: Commit, queue: string): void {
  to.keys.push(dueName(commit.partition, queue), jobName(commit.partition, queue))
}

function addSettlement(to: Arguments, commit: Commit, { queue, id, fence, retry }: Settlement): void {
  addQueue(to, commit, queue)
  to.args.push(encodeText(id), fence, retry?.dueAt ?? '', retry ? jobValue(id, retry.value) : '')
}

function addWrite(to: Arguments, write: Write): void {
  to.args.push(write.op)
  if (write.op === 'put') {
    const expiresAt = deadline(write.expiresAt)
    to.keys.push(recordName(write.key))
    to.args.push(expiresAt, encodeCompact(write.value, { id: write.key.id, expiresAt }))
  } else if (write.op === 'remove') {
    to.keys.push(recordName(write.key))
  } else {
    const names = indexNames(write.index)
    const member = encodeMember(write.member)
    to.keys.push(names.base, names.life, names.bucket(bucketOf(member)))
    to.args.push(member)
    if (write.op === 'index') to.args.push(write.sort, deadline(write.expiresAt))
  }
}

/** FNV-1a of the member. */
function bucketOf(member: Buffer): number {
  let hash = 0x811c9dc5
  for (const byte of member) hash = Math.imul(hash ^ byte, 0x01000193)
  return (hash >>> 0) % INDEX_BUCKETS
}

const jobValue = (id: string, value: unknown): Buffer => encodeCompact(value, { id, expiresAt: 0 })
