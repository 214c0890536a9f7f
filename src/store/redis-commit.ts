import type { Clock, Instant } from '../core/clock.ts'
import type { RedisClient } from './redis-client.ts'
import type { RedisJobs } from './redis-jobs.ts'
import type { RedisMarks } from './redis-marks.ts'
import { commitPart, indexPart, type Part } from './redis-part.ts'
import { COMMIT } from './redis-scripts.ts'
import type { Commit, CommitOutcome, IndexWrite, Write } from './store.ts'

export interface CommitDeps {
  readonly client: RedisClient
  readonly clock: Clock
  readonly jobs: RedisJobs
  readonly marks: RedisMarks
}

/**
 * Applies a commit: in one script where one server holds everything. In a cluster index entries live in slots of their
 * own; they are put before the commit and taken out after it, so that what lives is always listed. What is listed but
 * does not live is harmless: readers verify.
 */
export async function commitToRedis(deps: CommitDeps, commit: Commit): Promise<CommitOutcome> {
  const { client, clock, jobs, marks } = deps
  const now = clock.now()
  const plan = client.cluster ? planForCluster(commit, now) : { before: [], commit, after: [] }
  const rooms = await jobs.rooms(commit)
  const part = commitPart(plan.commit, now, rooms)
  await Promise.all(plan.before.map((one) => client.run(COMMIT, one.keys, one.args)))
  const [word, ...rest] = (await client.run(COMMIT, part.keys, part.args)) as [Buffer, ...unknown[]]
  const refusal = toRefusal(String(word), Number(rest[0]), commit)
  if (refusal) return refusal
  jobs.counted(commit)
  marks.tell(commit, rest.map(String))
  await Promise.all(plan.after.map((one) => client.run(COMMIT, one.keys, one.args)))
  return { ok: true }
}

interface Plan {
  readonly before: readonly Part[]
  readonly commit: Commit
  readonly after: readonly Part[]
}

function planForCluster(commit: Commit, now: Instant): Plan {
  const writes = commit.writes ?? []
  const ofIndex = writes.filter((write): write is IndexWrite => write.op === 'index' || write.op === 'unindex')
  if (ofIndex.length === 0) return { before: [], commit, after: [] }
  const parts = (op: IndexWrite['op']) =>
    ofIndex.filter((write) => write.op === op).map((write) => indexPart(write, now))
  const ofRecords = writes.filter((write: Write) => write.op === 'put' || write.op === 'remove')
  return { before: parts('index'), commit: { ...commit, writes: ofRecords }, after: parts('unindex') }
}

function toRefusal(word: string, at: number, commit: Commit): CommitOutcome | undefined {
  const guard = commit.guards?.[at]
  const settlement = commit.settle?.[at]
  const job = commit.enqueue?.[at]
  if (word === 'conflict' && guard) return { ok: false, reason: 'conflict', key: guard.key }
  if (word === 'lease' && settlement) return { ok: false, reason: 'lease', queue: settlement.queue, id: settlement.id }
  if (word === 'full' && job) return { ok: false, reason: 'full', queue: job.queue }
  return undefined
}
