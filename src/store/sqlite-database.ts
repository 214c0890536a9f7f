import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolders } from '../core/make-folders.ts'
import { BACKSTOP } from './sqlite-checkpoints.ts'
import { StoreUnavailable } from './store.ts'

/** `process`: a commit survives the death of the process. `power`: also a power cut, at the price of a disk flush. */
export type Durability = 'process' | 'power'

/** Changes whenever the tables below do. A file of another version is refused, never guessed at. */
const SCHEMA_VERSION = 1

// Tables with a rowid where rows are many: their other indexes then carry eight bytes instead of a long key, which halves
// the time of an insert. Columns called `expires` are instants, null: never.
const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, partition INTEGER NOT NULL, id TEXT NOT NULL,
  version INTEGER NOT NULL, expires INTEGER, value TEXT NOT NULL,
  PRIMARY KEY (id, kind, partition));
CREATE INDEX IF NOT EXISTS record_expires ON record (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS entry (
  name TEXT NOT NULL, member TEXT NOT NULL, sort REAL NOT NULL, expires INTEGER,
  PRIMARY KEY (name, member));
CREATE INDEX IF NOT EXISTS entry_sort ON entry (name, sort);
CREATE INDEX IF NOT EXISTS entry_expires ON entry (expires) WHERE expires IS NOT NULL;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value REAL NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS counter_expires ON counter (expires);
CREATE TABLE IF NOT EXISTS queue (name TEXT PRIMARY KEY, length INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS job (
  queue TEXT NOT NULL, partition INTEGER NOT NULL, id TEXT NOT NULL,
  due REAL NOT NULL, fence INTEGER NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (id, queue));
CREATE INDEX IF NOT EXISTS job_due ON job (queue, due);
CREATE TABLE IF NOT EXISTS mark (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, topic TEXT NOT NULL, id TEXT NOT NULL,
  at REAL NOT NULL, written INTEGER NOT NULL);
`

/**
 * Opens (and creates, if need be) the database at `path`, `:memory:` included. Throws `StoreUnavailable` when the file
 * cannot be opened, is no database, or was written by another version.
 */
export function openDatabase(path: string, durability: Durability): DatabaseSync {
  if (path !== ':memory:') makeFolder(dirname(path))
  return guarded(`the store at ${path} cannot be opened`, () => {
    const database = new DatabaseSync(path, { timeout: OPEN_TIMEOUT })
    try {
      prepareDatabase(database, durability)
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

function makeFolder(path: string): void {
  try {
    makeFolders(path)
  } catch (error) {
    throw new StoreUnavailable(`the folder ${path} of the store cannot be made`, { cause: error })
  }
}

const OPEN_TIMEOUT = 5000

/** How long SQLite itself waits for another process's transaction. It waits on the event loop, hence so short. */
const BUSY_TIMEOUT = 20

function prepareDatabase(database: DatabaseSync, durability: Durability): void {
  database.exec('PRAGMA journal_mode = WAL')
  database.exec(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  database.exec('PRAGMA cache_size = -65536; PRAGMA mmap_size = 268435456')
  database.exec(`PRAGMA wal_autocheckpoint = ${BACKSTOP}`)
  database.exec('BEGIN IMMEDIATE')
  const version = database.prepare('PRAGMA user_version').get()?.['user_version']
  if (version !== 0 && version !== SCHEMA_VERSION) {
    throw new StoreUnavailable(`the store has schema version ${version}; this gateway reads version ${SCHEMA_VERSION}`)
  }
  database.exec(SCHEMA)
  database.exec(`INSERT OR IGNORE INTO meta VALUES ('ping', 0); PRAGMA user_version = ${SCHEMA_VERSION}`)
  database.exec('COMMIT')
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
}

/** Runs `work`; whatever SQLite cannot do becomes `StoreUnavailable`, never an absent value. */
export function guarded<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw unavailable(what, error)
  }
}

/** `error` as `StoreUnavailable`, unless it is not about the database at all: a bug stays a bug. */
export function unavailable(what: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable || !isSqliteError(error)) return error
  return new StoreUnavailable(`${what}: ${error.message}`, { cause: error })
}

/** Whether another connection holds the write lock (SQLITE_BUSY, SQLITE_LOCKED). */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && [5, 6].includes(Number(error.errcode) & 0xff)
}

function isSqliteError(error: unknown): error is Error & { readonly errcode?: unknown } {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // ERR_INVALID_STATE is what a closed database says.
  return code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE'
}
