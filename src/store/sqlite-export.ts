import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../core/clock.ts'
import { guarded } from './sqlite-database.ts'
import type { Commit, NewJob, Write } from './store.ts'
import { decodeText } from './text.ts'

/** Rows read, and written to the other store, at a time. */
const CHUNK = 500

type Row = Readonly<Record<string, unknown>>

/** All records, index entries and jobs that live. */
export async function* exportSqlite(database: DatabaseSync, now: Instant): AsyncIterable<Commit> {
  const live = `(expires IS NULL OR expires > ${Number(now)})`
  for (const rows of chunks(database, 'record', live)) yield* byPartition(rows, (part) => ({ writes: part.map(toPut) }))
  for (const rows of chunks(database, 'entry', live)) yield { partition: 0, writes: rows.map(toIndex) }
  for (const rows of chunks(database, 'job', 'true')) yield* byPartition(rows, (part) => ({ enqueue: part.map(toJob) }))
}

function* chunks(database: DatabaseSync, table: string, condition: string): Iterable<readonly Row[]> {
  const select = guarded('the store cannot be read', () =>
    database.prepare(`SELECT rowid, * FROM ${table} WHERE rowid > ? AND ${condition} ORDER BY rowid LIMIT ${CHUNK}`),
  )
  const after = (rowid: number): readonly Row[] => guarded('the store cannot be read', () => select.all(rowid))
  for (let rows = after(0); rows.length > 0; rows = after(Number(rows.at(-1)?.['rowid']))) yield rows
}

function* byPartition(rows: readonly Row[], toCommit: (rows: readonly Row[]) => Omit<Commit, 'partition'>) {
  for (const [partition, part] of Map.groupBy(rows, (row) => Number(row['partition']))) {
    yield { partition, ...toCommit(part) }
  }
}

const deadlineOf = (row: Row) => (row['expires'] === null ? {} : { expiresAt: Number(row['expires']) })
const text = (value: unknown): string => decodeText(String(value))

function toPut(row: Row): Write {
  const key = { kind: String(row['kind']), partition: Number(row['partition']), id: text(row['id']) }
  return { op: 'put', key, value: JSON.parse(String(row['value'])), ...deadlineOf(row) }
}

function toIndex(row: Row): Write {
  return {
    op: 'index',
    index: text(row['name']),
    member: text(row['member']),
    sort: Number(row['sort']),
    ...deadlineOf(row),
  }
}

function toJob(row: Row): NewJob {
  const value = JSON.parse(String(row['value']))
  return { queue: text(row['queue']), id: text(row['id']), dueAt: Number(row['due']), value }
}
