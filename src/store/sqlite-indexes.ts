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

const SELECT = 'SELECT member, sort FROM entry WHERE name = ? AND sort >= ? AND (expires IS NULL OR expires > ?)'

export function openIndexes(database: DatabaseSync): Indexes {
  const put = database.prepare('INSERT OR REPLACE INTO entry (name, member, sort, expires) VALUES (?, ?, ?, ?)')
  const remove = database.prepare('DELETE FROM entry WHERE name = ? AND member = ?')
  const first = database.prepare(`${SELECT} ORDER BY sort, member LIMIT ?`)
  const last = database.prepare(`${SELECT} ORDER BY sort DESC, member DESC LIMIT ?`)
  const after = database.prepare(`${SELECT} AND (sort, member) > (?, ?) ORDER BY sort, member LIMIT ?`)
  const before = database.prepare(`${SELECT} AND (sort, member) < (?, ?) ORDER BY sort DESC, member DESC LIMIT ?`)
  const sweep = database.prepare(`DELETE FROM entry WHERE (name, member) IN
    (SELECT name, member FROM entry WHERE expires <= ? ORDER BY expires LIMIT ?)`)
  return {
    write(write) {
      const [name, member] = [encodeText(write.index), encodeText(write.member)]
      if (write.op === 'index') put.run(name, member, write.sort, write.expiresAt ?? null)
      else remove.run(name, member)
    },
    list(index, page, now) {
      const limit = pageLimit(page.limit)
      const cursor = decodeCursor(page.after)
      const common = [encodeText(index), page.from ?? -Infinity, now]
      const rows = cursor
        ? (page.descending ? before : after).all(...common, cursor.sort, cursor.member, limit + 1)
        : (page.descending ? last : first).all(...common, limit + 1)
      return toPage(rows, limit)
    },
    sweep: (now, limit) => Number(sweep.run(now, limit).changes),
  }
}

/** One row more than the page holds tells whether there is a next one. */
function toPage(rows: readonly Record<string, unknown>[], limit: number): IndexPage {
  const shown = rows.slice(0, limit).map((row) => ({ member: String(row['member']), sort: Number(row['sort']) }))
  const end = shown.at(-1)
  return {
    members: shown.map(({ member, sort }) => ({ member: decodeText(member), sort })),
    ...(rows.length > limit && end ? { next: encodeCursor(end) } : {}),
  }
}
