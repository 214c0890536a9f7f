import type { Instant } from '../core/clock.ts'
import type { Indexes } from './sqlite-indexes.ts'
import type { Jobs } from './sqlite-jobs.ts'
import type { Marks } from './sqlite-marks.ts'
import type { Records } from './sqlite-records.ts'
import type { Commit, CommitOutcome, Write } from './store.ts'

export interface Tables {
  readonly records: Records
  readonly indexes: Indexes
  readonly jobs: Jobs
  readonly marks: Marks
}

/** Applies a commit inside a transaction. Everything is checked before anything is written: a refusal leaves no trace. */
export function prepareCommit(tables: Tables, commit: Commit): (now: Instant) => CommitOutcome {
  // JSON is written here, before the transaction: a value that is none fails its own commit and no other.
  const steps = [...settlements(tables, commit), ...enqueued(tables, commit), ...writes(tables, commit)]
  return (now) => {
    const refusal = conflict(tables, commit, now) ?? lostLease(tables, commit) ?? fullQueue(tables, commit)
    if (refusal) return refusal
    for (const step of steps) step(now)
    for (const mark of commit.marks ?? []) tables.marks.write(mark, now)
    return { ok: true }
  }
}

type Step = (now: Instant) => void

function settlements({ jobs }: Tables, commit: Commit): Step[] {
  return (commit.settle ?? []).map(({ queue, id, retry }) => {
    if (!retry) return () => jobs.end(queue, id)
    const json = toJson(retry.value)
    return () => jobs.putOff(queue, id, retry.dueAt, json)
  })
}

function enqueued({ jobs }: Tables, commit: Commit): Step[] {
  return (commit.enqueue ?? []).map(({ queue, id, dueAt, value }) => {
    const json = toJson(value)
    return () => jobs.add(queue, commit.partition, id, dueAt, json)
  })
}

function writes({ records, indexes }: Tables, commit: Commit): Step[] {
  return (commit.writes ?? []).map((write: Write) => {
    if (write.op === 'remove') return () => records.remove(write.key)
    if (write.op !== 'put') return () => indexes.write(write)
    const json = toJson(write.value)
    return (now: Instant) => records.put(write.key, json, write.expiresAt, now)
  })
}

function conflict({ records }: Tables, commit: Commit, now: Instant): CommitOutcome | undefined {
  const broken = commit.guards?.find((guard) => records.version(guard.key, now) !== guard.version)
  return broken && { ok: false, reason: 'conflict', key: broken.key }
}

function lostLease({ jobs }: Tables, commit: Commit): CommitOutcome | undefined {
  const lost = commit.settle?.find(({ queue, id, fence }) => !jobs.holds(queue, id, fence))
  return lost && { ok: false, reason: 'lease', queue: lost.queue, id: lost.id }
}

function fullQueue({ jobs }: Tables, commit: Commit): CommitOutcome | undefined {
  const added = new Map<string, number>()
  for (const { queue, retry } of commit.settle ?? []) if (!retry) added.set(queue, (added.get(queue) ?? 0) - 1)
  for (const { queue, capacity } of commit.enqueue ?? []) {
    const more = (added.get(queue) ?? 0) + 1
    added.set(queue, more)
    if (capacity !== undefined && jobs.length(queue) + more > capacity) return { ok: false, reason: 'full', queue }
  }
  return undefined
}

/** A value as JSON. Throws `TypeError` for what JSON cannot hold: a mistake of the caller. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError('only JSON values can be stored')
  return json
}
