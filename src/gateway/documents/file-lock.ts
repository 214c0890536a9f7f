import { open, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { scheduler } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'

/** Milliseconds: between two tries, until giving up, and until a lock is one that a crash left behind. */
const RETRY = 20
const PATIENCE = 5000
const ABANDONED = 30_000

/** Raised when somebody else held a file for longer than anyone should. */
export class FileBusy extends Error {
  override readonly name = 'FileBusy'
}

/**
 * Runs a task while no other process that asks in the same way changes the file. The lock is a file beside it, whose name
 * begins with a dot: no document. Throws `FileBusy`, and what the system says of a folder that cannot be written.
 */
export async function withFileLock<T>(file: string, clock: Clock, task: () => Promise<T>): Promise<T> {
  const lock = join(dirname(file), `.${basename(file)}.lock`)
  for (let waited = 0; !(await taken(lock)); waited += RETRY) {
    await breakAbandoned(lock, clock)
    if (waited >= PATIENCE) throw new FileBusy(`${file} is being changed by somebody else`)
    await scheduler.wait(RETRY) // keeps a command alive, as the clock's timers would not
  }
  try {
    return await task()
  } finally {
    await unlink(lock).catch(() => undefined) // taken for abandoned by somebody
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx')
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function breakAbandoned(lock: string, clock: Clock): Promise<void> {
  const status = await stat(lock).catch(() => undefined)
  if (status && clock.now() - status.mtimeMs > ABANDONED) await unlink(lock).catch(() => undefined)
}
