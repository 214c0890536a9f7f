import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'

/**
 * The thread that `keepCheckpoints` starts. It moves what was committed from the write-ahead log to the database file,
 * with the waiting for the disk that this takes. Says what went wrong as a text; ends when it is told anything.
 */

/** Milliseconds between two checkpoints. */
const PAUSE = 250
/** Pages, 8 MiB: a log beyond it is begun anew unless it has grown by as much since the last time, which is when it pays to let it be. */
const SHORT = 2000

/** Pages, 64 MiB: the longer the log, the more often a page is written to it before it is moved once. */
const LONGEST = 16_000

const database = new DatabaseSync(String(workerData))
database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5')
const passive = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
const restart = database.prepare('PRAGMA wal_checkpoint(RESTART)')

let next = (): void => {}
let before = 0

function checkpoint(): void {
  next = systemClock.after(PAUSE, checkpoint)
  try {
    // Writers go on meanwhile, and begin the log anew by themselves when all of it was moved while none of them wrote.
    const pages = Number(passive.get()?.['log'])
    const grown = pages - before
    before = pages
    if (pages <= SHORT || (pages <= LONGEST && grown > SHORT)) return
    // They wait for this one, hence first what came during the one before.
    passive.get()
    restart.get()
    before = 0
  } catch (error) {
    parentPort?.postMessage(String(error))
  }
}

parentPort?.once('message', () => {
  next()
  database.close()
})
checkpoint()
