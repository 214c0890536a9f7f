import { open, readFile, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { scheduler } from 'node:timers/promises'
import type { Clock } from '../../core/clock.ts'
import { sha256 } from '../../core/digest.ts'
import { pooledRandom, randomId } from '../../core/random.ts'

/** Milliseconds: between two tries, until giving up, and until a lock is one that a crash left behind. */
const RETRY = 20
const PATIENCE = 5000
const ABANDONED = 30_000

/** Raised when somebody else held a file for longer than anyone should. */
export class FileBusy extends Error {
  override readonly name = 'FileBusy'
}

const random = pooledRandom()

/**
 * Runs a task while no other process that asks in the same way changes the file. The lock is a file beside it, whose name
 * begins with a dot: no document. It says who holds it, and is removed only as that one's. Throws `FileBusy`, and what the
 * system says of a folder that cannot be written.
 */
export async function withFileLock<T>(file: string, clock: Clock, task: () => Promise<T>): Promise<T> {
  const lock = join(dirname(file), `.${basename(file)}.lock`)
  const owner = randomId(random)
  for (let waited = 0; !(await taken(lock, owner)); waited += RETRY) {
    await breakAbandoned(lock, clock).catch(() => undefined) // tried again until patience ends
    if (waited >= PATIENCE) throw new FileBusy(`${file} is being changed by somebody else`)
    await scheduler.wait(RETRY) // keeps a command alive, as the clock's timers would not
  }
  try {
    return await task()
  } finally {
    await removeLock(lock, owner, clock).catch(() => undefined) // it is abandoned then
  }
}

async function taken(lock: string, owner: string): Promise<boolean> {
  const handle = await open(lock, 'wx').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return undefined
    throw error
  })
  try {
    await handle?.writeFile(owner)
  } catch (error) {
    await unlink(lock) // a full disk
    throw error
  } finally {
    await handle?.close()
  }
  return handle !== undefined
}

async function breakAbandoned(lock: string, clock: Clock): Promise<void> {
  const owner = await ownerOf(lock) // before its age: what is old now is that owner's
  if (await isAbandoned(lock, clock)) await removeLock(lock, owner, clock, () => isAbandoned(lock, clock))
}

/** Empty while the lock is being made, and when it cannot be read: of such a one, its age alone decides. */
const ownerOf = (lock: string): Promise<string> => readFile(lock, 'utf8').catch(() => '')

async function isAbandoned(lock: string, clock: Clock): Promise<boolean> {
  const status = await stat(lock).catch(() => undefined)
  return status !== undefined && clock.now() - status.mtimeMs > ABANDONED
}

/**
 * Removes a lock if it is still this owner's, and if `holds` says so. To look and to remove are two steps, between which the
 * lock must not become another's: so nobody removes a lock without having, as a lock of its own, the right to remove what is
 * this owner's. Whoever finds the right taken leaves the removal to the one that has it. A crash may leave the right behind
 * as well; taking that away is the one step that only its age decides.
 */
async function removeLock(lock: string, owner: string, clock: Clock, holds = async () => true): Promise<void> {
  const right = join(dirname(lock), `.${sha256(owner)}.lock`)
  if (!(await taken(right, ''))) {
    if (await isAbandoned(right, clock)) await unlink(right)
    return
  }
  try {
    if ((await ownerOf(lock)) === owner && (await holds())) await unlink(lock)
  } finally {
    await unlink(right)
  }
}
