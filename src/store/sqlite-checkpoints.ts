import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { systemClock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'

/** Pages (128 MiB) at which a writer moves them itself, should the thread not keep up or be gone: the bound of the log. */
export const BACKSTOP = 32_000

/** Milliseconds that a store must be open before it is worth a thread: a start, and a command, have better things to do. */
const START = 1000
/** Milliseconds that the thread may take to end: it finishes the checkpoint that it is at. */
const END_TIMEOUT = 5000

/**
 * Keeps moving what was committed from SQLite's write-ahead log to the file, on a thread of its own: otherwise each
 * writer that has filled the log does that itself, and the event loop waits for the disk. Returns what ends it.
 */
export function keepCheckpoints(path: string, log: Log): () => Promise<void> {
  let end = async (): Promise<void> => cancel()
  const cancel = systemClock.after(START, () => {
    end = startThread(path, log)
  })
  return () => end()
}

function startThread(path: string, log: Log): () => Promise<void> {
  const thread = new Worker(new URL(`sqlite-checkpoint-thread${extname(import.meta.filename)}`, import.meta.url), {
    workerData: path,
    name: 'checkpoints',
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
  })
  const gone = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
  let last = ''
  const tell = (error: unknown): void => {
    const text = String(error)
    if (text !== last)
      log.warn({ error: text }, 'the log of the store is not moved to its file in the background; writers do it')
    last = text
  }
  thread.on('message', tell)
  thread.on('error', tell)
  thread.unref() // not earlier: listening to it keeps the process alive
  return async () => {
    thread.ref()
    thread.postMessage('end')
    const inTime = systemClock.after(END_TIMEOUT, () => void thread.terminate())
    await gone
    inTime()
  }
}
