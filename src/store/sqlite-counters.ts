import type { DatabaseSync } from 'node:sqlite'
import type { Instant } from '../core/clock.ts'
import type { CounterIncrement } from './store.ts'
import { encodeText } from './text.ts'

/** The table of counters. */
export interface Counters {
  /** The value after the increment. */
  increment(counter: CounterIncrement, now: Instant): number
  sweep(now: Instant, limit: number): number
}

export function openCounters(database: DatabaseSync): Counters {
  const add = database.prepare(`INSERT INTO counter (name, value, expires) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET
      value = CASE WHEN expires <= ?4 THEN excluded.value ELSE value + excluded.value END,
      expires = CASE WHEN expires <= ?4 THEN excluded.expires ELSE expires END
    RETURNING value`)
  const sweep = database.prepare(`DELETE FROM counter WHERE name IN
    (SELECT name FROM counter WHERE expires <= ? ORDER BY expires LIMIT ?)`)
  return {
    increment: ({ name, by, expiresAt }, now) => Number(add.get(encodeText(name), by, expiresAt, now)?.['value']),
    sweep: (now, limit) => Number(sweep.run(now, limit).changes),
  }
}
