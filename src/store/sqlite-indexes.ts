import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../core/clock.ts'
import { decodeCursor, encodeCursor, pageLimit } from './page-cursor.ts'
import type { IndexPage, IndexWrite, PageRequest } from './store.ts'
import { decodeText, encodeText } from './text.ts'

/** The table of index entries. */
export interface Indexes {
  write(write: IndexWrite): void
  list(index: string, page: PageRequest, now: Instant): IndexPage
  sweep(now: Instant, limit: number): number
}

/** The three ways into an index: from its beginning, within the members of one sort, and beyond that sort. */
function pagesOf(database: DatabaseSync, order: 'ASC' | 'DESC') {
  // Members of one sort come by rowid, which the index on `sort` holds anyway.
  const page = (condition: string) =>
    database.prepare(`SELECT rowid AS tie, member, sort FROM entry
      WHERE name = ? AND (expires IS NULL OR expires > ?) AND ${condition}
      ORDER BY sort ${order}, rowid ${order} LIMIT ?`)
  const beyond = order === 'ASC' ? '>' : '<'
  return {
    first: page('sort >= ?'),
    // Two queries, because SQLite would seek (sort, rowid) by the sort alone and walk through all of its members.
    tied: page(`sort = ? AND rowid ${beyond} ?`),
    // The plus keeps SQLite from seeking by what is only a limit here.
    rest: page(order === 'ASC' ? 'sort > ? AND +sort >= ?' : 'sort < ? AND sort >= ?'),
  }
}

export function openIndexes(database: DatabaseSync): Indexes {
  const put = database.prepare(`INSERT INTO entry (name, member, sort, expires) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET sort = excluded.sort, expires = excluded.expires`)
  const remove = database.prepare('DELETE FROM entry WHERE name = ? AND member = ?')
  const ascending = pagesOf(database, 'ASC')
  const descending = pagesOf(database, 'DESC')
  const sweep = database.prepare(`DELETE FROM entry WHERE rowid IN
    (SELECT rowid FROM entry WHERE expires <= ? ORDER BY expires LIMIT ?)`)
  return {
    write(write) {
      const [name, member] = [encodeText(write.index), encodeText(write.member)]
      if (write.op === 'index') put.run(name, member, write.sort, write.expiresAt ?? null)
      else remove.run(name, member)
    },
    list(index, page, now) {
      const limit = pageLimit(page.limit)
      const pages = page.descending ? descending : ascending
      const common = [encodeText(index), now]
      const from = page.from ?? -Infinity
      const cursor = decodeCursor(page.after)
      if (!cursor) return toPage(pages.first.all(...common, from, limit + 1), limit)
      const tied = cursor.sort < from ? [] : pages.tied.all(...common, cursor.sort, Number(cursor.tie) || 0, limit + 1)
      const missing = limit + 1 - tied.length
      const rows = missing > 0 ? [...tied, ...pages.rest.all(...common, cursor.sort, from, missing)] : tied
      return toPage(rows, limit)
    },
    sweep: (now, limit) => Number(sweep.run(now, limit).changes),
  }
}

/** One row more than the page holds tells whether there is a next one. */
function toPage(rows: readonly Record<string, unknown>[], limit: number): IndexPage {
  const end = rows.length > limit ? rows[limit - 1] : undefined
  return {
    members: rows
      .slice(0, limit)
      .map(({ member, sort }) => ({ member: decodeText(String(member)), sort: Number(sort) })),
    ...(end ? { next: encodeCursor({ sort: Number(end['sort']), tie: String(end['tie']) }) } : {}),
  }
}
