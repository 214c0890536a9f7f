import type { DatabaseSync } from 'node:sqlite'
import type { Clock, Instant } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { listeners } from './listeners.ts'
import type { Mark, Watch } from './store.ts'
import { decodeText, encodeText } from './text.ts'

/** The feed of marks: what this process commits is told at once, what others commit is read by sequence number. */
export interface Marks {
  write(mark: Mark, now: Instant): void
  /** Tells the listeners of this process. */
  tell(marks: readonly Mark[]): void
  watch(listener: (mark: Mark) => void): Watch
  sweep(now: Instant, limit: number): number
  close(): void
}

/** Milliseconds between two looks at what other processes have committed. */
const POLL = 250
/** How long a mark is kept: far longer than any process goes on with what it has cached. */
const RETENTION = 3_600_000

/** `shared`: whether other processes may have the database open. `origin`: names this process's marks. */
export function openMarks(
  database: DatabaseSync,
  deps: { readonly clock: Clock; readonly log: Log; readonly origin: string; readonly shared: boolean },
): Marks {
  const { clock, log, origin, shared } = deps
  const insert = database.prepare('INSERT INTO mark (origin, topic, id, at, written) VALUES (?, ?, ?, ?, ?)')
  const since = database.prepare('SELECT seq, origin, topic, id, at FROM mark WHERE seq > ? ORDER BY seq LIMIT 1000')
  const latest = database.prepare(`SELECT seq FROM sqlite_sequence WHERE name = 'mark'`)
  const sweep = database.prepare('DELETE FROM mark WHERE seq IN (SELECT seq FROM mark WHERE written <= ? LIMIT ?)')
  const watchers = listeners<Mark>(log)
  let seen = 0
  let fresh: Instant = 0
  let cancel: (() => void) | undefined

  const catchUp = (): void => {
    const now = clock.now()
    for (let rows = since.all(seen); rows.length > 0; rows = since.all(seen)) {
      for (const row of rows) {
        seen = Number(row['seq'])
        if (row['origin'] !== origin) watchers.tell(toMark(row))
      }
    }
    fresh = now
  }
  const poll = (): void => {
    try {
      catchUp()
    } catch (error) {
      log.warn({ error: String(error) }, 'the feed of marks cannot be read')
    }
    cancel = watchers.size > 0 ? clock.after(POLL, poll) : undefined
  }

  return {
    write(mark, now) {
      insert.run(origin, encodeText(mark.topic), encodeText(mark.id), mark.at, now)
    },
    tell(marks) {
      for (const mark of marks) watchers.tell(mark)
    },
    watch(listener) {
      if (watchers.size === 0) seen = Number(latest.get()?.['seq'] ?? 0)
      else catchUp() // those who watch already get what is older than the newcomer
      fresh = clock.now()
      const stop = watchers.add(listener)
      if (shared && !cancel) cancel = clock.after(POLL, poll)
      return { freshAt: () => (shared ? fresh : clock.now()), close: stop }
    },
    sweep: (now, limit) => Number(sweep.run(now - RETENTION, limit).changes),
    close() {
      cancel?.()
    },
  }
}

function toMark(row: Record<string, unknown>): Mark {
  return { topic: decodeText(String(row['topic'])), id: decodeText(String(row['id'])), at: Number(row['at']) }
}
