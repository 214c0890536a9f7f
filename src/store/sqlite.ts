import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { pooledRandom, randomId } from '../core/random.ts'
import { keepCheckpoints } from './sqlite-checkpoints.ts'
import { prepareCommit } from './sqlite-commit.ts'
import { openCounters } from './sqlite-counters.ts'
import { type Durability, guarded, openDatabase } from './sqlite-database.ts'
import { exportSqlite } from './sqlite-export.ts'
import { openGroup } from './sqlite-group.ts'
import { openIndexes } from './sqlite-indexes.ts'
import { openJobs } from './sqlite-jobs.ts'
import { openMarks } from './sqlite-marks.ts'
import { meterInRecords } from './sqlite-meter.ts'
import { openRecords } from './sqlite-records.ts'
import type { Key, Store } from './store.ts'

export interface SqliteOptions {
  /** A file, created with its folder if need be; `:memory:` for a store that dies with the process. */
  readonly path: string
  readonly clock: Clock
  readonly log: Log
  /** Default: `process`. */
  readonly durability?: Durability
}

/**
 * The embedded store. Several processes of one machine may share its file; each sees what the others committed at once,
 * and their marks within 250 ms. Throws `StoreUnavailable` when the file cannot be opened.
 */
export function openSqliteStore(options: SqliteOptions): Store {
  const { path, clock, log } = options
  const shared = path !== ':memory:'
  const database = openDatabase(path, options.durability ?? 'process')
  const endCheckpoints = shared ? keepCheckpoints(path, log) : async () => {}
  const group = openGroup(database)
  const records = openRecords(database)
  const indexes = openIndexes(database)
  const counters = openCounters(database)
  const jobs = openJobs(database)
  const marks = openMarks(database, { clock, log, origin: randomId(pooledRandom()), shared })
  const ping = database.prepare(`UPDATE meta SET value = value + 1 WHERE name = 'ping'`)
  const reading = <T>(work: () => T): T => guarded('the store cannot be read', work)

  return {
    async get<T>(keys: readonly Key<T>[]) {
      const now = clock.now()
      return reading(() => keys.map((key) => records.read(key, now)))
    },
    async commit(commit) {
      const apply = prepareCommit({ records, indexes, jobs, marks }, commit)
      return group.run(
        () => apply(clock.now()),
        (outcome) => outcome.ok && marks.tell(commit.marks ?? []),
      )
    },
    list: async (index, page) => reading(() => indexes.list(index, page, clock.now())),
    increment: (list) => group.run(() => list.map((counter) => counters.increment(counter, clock.now()))),
    meter: (list) => group.run(() => list.map((request) => meterInRecords(records, request, clock.now()))),
    claim: (queue, limit, leaseUntil) => group.run(() => jobs.claim(queue, limit, clock.now(), leaseUntil)),
    queueState: async (queue) => reading(() => jobs.state(queue)),
    jobs: async (queue, page) => reading(() => jobs.list(queue, page)),
    job: async (queue, id) => reading(() => jobs.find(queue, id)),
    watch: (listener) => reading(() => marks.watch(listener)),
    // A write, because a full disk still reads.
    ping: () => group.run(() => void ping.run()),
    sweep: (limit) => group.run(() => sweepInTurn([records, indexes, counters, marks], clock.now(), limit)),
    export: () => exportSqlite(database, clock.now()),
    async close() {
      marks.close()
      await endCheckpoints()
      if (!database.isOpen) return
      group.flush()
      database.close()
    },
  }
}

type Sweep = (now: number, limit: number) => number

function sweepInTurn(tables: readonly { readonly sweep: Sweep }[], now: number, limit: number): number {
  return tables.reduce((removed, table) => removed + (removed < limit ? table.sweep(now, limit - removed) : 0), 0)
}
