import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../core/clock.ts'
import { decodeCursor, encodeCursor, pageLimit } from './page-cursor.ts'
import type { Job, JobPage, Partition, QueueState } from './store.ts'
import { decodeText, encodeText } from './text.ts'

/** The tables of queued jobs and of queue lengths. */
export interface Jobs {
  length(queue: string): number
  state(queue: string): QueueState
  find(queue: string, id: string): Job | undefined
  list(queue: string, page: { readonly after?: string; readonly limit: number }): JobPage
  /** Whether the job was claimed with this fence and by nobody since. */
  holds(queue: string, id: string, fence: number): boolean
  /** A job that is queued already stays as it is. */
  add(queue: string, partition: Partition, id: string, dueAt: Instant, json: string): void
  end(queue: string, id: string): void
  putOff(queue: string, id: string, dueAt: Instant, json: string): void
  claim(queue: string, limit: number, now: Instant, leaseUntil: Instant): readonly Job[]
}

const WHERE = 'WHERE queue = ? AND id = ?'

export function openJobs(database: DatabaseSync): Jobs {
  const length = database.prepare('SELECT length FROM queue WHERE name = ?')
  const grow = database.prepare(`INSERT INTO queue (name, length) VALUES (?, ?)
    ON CONFLICT DO UPDATE SET length = length + excluded.length`)
  const earliest = database.prepare('SELECT due FROM job WHERE queue = ? ORDER BY due LIMIT 1')
  const find = database.prepare(`SELECT * FROM job ${WHERE}`)
  const list = database.prepare(`SELECT * FROM job WHERE queue = ? AND (due, id) > (?, ?) ORDER BY due, id LIMIT ?`)
  const holder = database.prepare(`SELECT 1 FROM job ${WHERE} AND fence = ?`)
  const add = database.prepare(
    'INSERT OR IGNORE INTO job (queue, partition, id, due, fence, value) VALUES (?,?,?,?,0,?)',
  )
  const end = database.prepare(`DELETE FROM job ${WHERE}`)
  const putOff = database.prepare(`UPDATE job SET due = ?, value = ? ${WHERE}`)
  const due = database.prepare(`SELECT id, partition, due, fence + 1 AS fence, value FROM job
    WHERE queue = ? AND due <= ? ORDER BY due, id LIMIT ?`)
  const lease = database.prepare(`UPDATE job SET due = ?, fence = fence + 1 ${WHERE}`)
  const lengthOf = (name: string): number => Number(length.get(name)?.['length'] ?? 0)
  return {
    length: (queue) => lengthOf(encodeText(queue)),
    state(queue) {
      const name = encodeText(queue)
      const row = earliest.get(name)
      return { length: lengthOf(name), ...(row ? { nextDueAt: Number(row['due']) } : {}) }
    },
    find(queue, id) {
      const row = find.get(encodeText(queue), encodeText(id))
      return row && toJob(queue, row)
    },
    list(queue, page) {
      const limit = pageLimit(page.limit)
      const cursor = decodeCursor(page.after) ?? { sort: -Infinity, tie: '' }
      const rows = list.all(encodeText(queue), cursor.sort, cursor.tie, limit + 1)
      const end = rows.length > limit ? rows[limit - 1] : undefined
      return {
        jobs: rows.slice(0, limit).map((row) => toJob(queue, row)),
        ...(end ? { next: encodeCursor({ sort: Number(end['due']), tie: String(end['id']) }) } : {}),
      }
    },
    holds: (queue, id, fence) => holder.get(encodeText(queue), encodeText(id), fence) !== undefined,
    add(queue, partition, id, dueAt, json) {
      const name = encodeText(queue)
      if (Number(add.run(name, partition, encodeText(id), dueAt, json).changes) === 1) grow.run(name, 1)
    },
    end(queue, id) {
      const name = encodeText(queue)
      if (Number(end.run(name, encodeText(id)).changes) === 1) grow.run(name, -1)
    },
    putOff(queue, id, dueAt, json) {
      putOff.run(dueAt, json, encodeText(queue), encodeText(id))
    },
    claim(queue, limit, now, leaseUntil) {
      const name = encodeText(queue)
      return due.all(name, now, limit).map((row) => {
        lease.run(leaseUntil, name, String(row['id']))
        return toJob(queue, row)
      })
    },
  }
}

function toJob(queue: string, row: Record<string, unknown>): Job {
  return {
    queue,
    partition: Number(row['partition']),
    id: decodeText(String(row['id'])),
    dueAt: Number(row['due']),
    fence: Number(row['fence']),
    value: JSON.parse(String(row['value'])),
  }
}
