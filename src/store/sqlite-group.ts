import type { DatabaseSync } from 'node:sqlite'
import { guarded, isBusy, unavailable } from './sqlite-database.ts'
import { StoreUnavailable } from './store.ts'

/** Applies work in groups: what arrives in one turn of the event loop shares one transaction and one commit. */
export interface Group {
  /**
   * Runs `work` inside the next transaction; resolves with its result once that is durable, `after` having run.
   * If the transaction fails, all that was in it fails with `StoreUnavailable`.
   */
  run<T>(work: () => T, after?: (result: T) => void): Promise<T>
  /** Applies what waits now. */
  flush(): void
}

interface Task {
  readonly run: () => () => void
  readonly reject: (error: unknown) => void
}

/** Work in one transaction: bounds how long the event loop stands still. */
const GROUP_SIZE = 256
/** Work that waits; beyond it the store says that it is overloaded. */
const WAITING = 20_000
/** Each attempt waits for the lock as long as the busy timeout says, and lets the event loop turn in between. */
const ATTEMPTS = 50

export function openGroup(database: DatabaseSync): Group {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  let waiting: Task[] = []
  let scheduled = false
  let attempts = 0

  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return
    scheduled = true
    setImmediate(turn)
  }
  const turn = (): void => {
    scheduled = false
    flushSome()
    schedule()
  }
  const flushSome = (): void => {
    const tasks = waiting.slice(0, GROUP_SIZE)
    if (tasks.length === 0) return
    const outcome = transact(database, begin, commit, tasks)
    if (outcome === 'busy' && ++attempts < ATTEMPTS) return
    attempts = 0
    waiting = waiting.slice(tasks.length)
    settle(tasks, outcome)
  }

  return {
    run(work, after) {
      if (waiting.length >= WAITING) return Promise.reject(new StoreUnavailable('the store is overloaded'))
      return new Promise((resolve, reject) => {
        const run = () => {
          const result = work()
          return () => {
            after?.(result)
            resolve(result)
          }
        }
        waiting.push({ run, reject })
        schedule()
      })
    },
    flush() {
      while (waiting.length > 0) flushSome()
    },
  }
}

type Statement = ReturnType<DatabaseSync['prepare']>
/** What to call once the group is durable, or why it is not. */
type Outcome = readonly (() => void)[] | 'busy' | { readonly error: unknown }

function transact(database: DatabaseSync, begin: Statement, commit: Statement, tasks: readonly Task[]): Outcome {
  try {
    guarded('the store is closed', () => database.isTransaction)
    begin.run()
  } catch (error) {
    return isBusy(error) ? 'busy' : { error }
  }
  try {
    const done = tasks.map((task) => task.run())
    commit.run()
    return done
  } catch (error) {
    rollBack(database)
    return { error }
  }
}

/** A full disk ends the transaction by itself; then there is nothing left to roll back. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec('ROLLBACK')
  } catch {
    // The connection is beyond saving: the next transaction says so.
  }
}

function settle(tasks: readonly Task[], outcome: Outcome): void {
  if (outcome === 'busy') {
    const error = new StoreUnavailable('the store is locked by another process')
    for (const task of tasks) task.reject(error)
  } else if ('error' in outcome) {
    const error = unavailable('the store cannot write', outcome.error)
    for (const task of tasks) task.reject(error)
  } else {
    for (const done of outcome) done()
  }
}
