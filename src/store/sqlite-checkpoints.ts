import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'

/** What the thread is told at its start. */
export interface CheckpointOrder {
  readonly path: string
  /** Pages in the write-ahead log from which on it is begun anew. */
  readonly longest: number
}

/** 64 MiB: the longer the log, the more often a page is written to it before it is moved once. */
const LONGEST = 16_000
/** Pages at which a writer moves them itself, should the thread not keep up or be gone: the bound of the log. */
export const BACKSTOP = 2 * LONGEST

/** Milliseconds that the thread may take to end: it finishes the checkpoint that it is at. */
const END_TIMEOUT = 5000

/**
 * Keeps moving what was committed from SQLite's write-ahead log to the file, on a thread of its own: otherwise each
 * writer that has filled the log does that itself, and the event loop waits for the disk. Returns what ends it.
 */
export function keepCheckpoints(path: string, log: Log): () => Promise<void> {
  const order: CheckpointOrder = { path, longest: LONGEST }
  const thread = new Worker(new URL(`sqlite-checkpoint-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: order,
    name: 'checkpoints',
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  })
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  let last = ''
  const tell = (error: string): void => {
    if (error !== last)
      log.warn({ error }, 'the log of the store is not moved to its file in the background; writers do it')
    last = error
  }
  thread.on('message', (error: unknown) => tell(String(error)))
  thread.on('error', (error) => tell(String(error)))
  thread.unref() // not earlier: listening to it keeps the process alive
  return async () => {
    thread.ref()
    thread.postMessage('end')
    const inTime = systemClock.after(END_TIMEOUT, () => void thread.terminate())
    await gone
    inTime()
  }
}
