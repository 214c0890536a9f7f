import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { CheckpointOrder } from './sqlite-checkpoints.ts'

/**
 * The thread that `keepCheckpoints` starts. It moves what was committed from the write-ahead log to the database file,
 * with the waiting for the disk that this takes. Says what went wrong as a text; ends when it is told anything.
 */

/** Milliseconds between two checkpoints. */
const PAUSE = 250

const { path, longest } = workerData as CheckpointOrder
const database = new DatabaseSync(path)
database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA busy_timeout = 5')
const passive = database.prepare('PRAGMA wal_checkpoint(PASSIVE)')
const restart = database.prepare('PRAGMA wal_checkpoint(RESTART)')

let next = (): void => {}

function checkpoint(): void {
  next = systemClock.after(PAUSE, checkpoint)
  try {
    // Writers go on meanwhile. If they never rest, the log is begun anew for them: they wait for the little that came since.
    const frames = Number(passive.get()?.['log'])
    if (frames <= longest) return
    passive.get()
    restart.get()
  } catch (error) {
    parentPort?.postMessage(String(error))
  }
}

parentPort?.once('message', () => {
  next()
  database.close()
})
checkpoint()
