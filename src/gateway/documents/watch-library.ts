import { lstat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { isDocumentName } from './find-files.ts'
import type { Inventory } from './inventory.ts'
import { settle } from './settle.ts'
import { watchFolders } from './watch-folders.ts'

/** Milliseconds. A change is live after `quiet` and the time that compiling takes. */
export const WATCH_TIMES = {
  quiet: 15,
  longest: 100,
  /** How long a file must be missing before it counts as deleted. */
  grace: 150,
  /** Between looks at all files, for folders whose changes the system does not tell (network, containers). */
  poll: 5000,
} as const

/** Looks at files and publishes what changed; resolves to those that are missing and may come back within `grace`. */
export type Look = (files: Iterable<string> | 'all', grace: number) => Promise<readonly string[]>

/** Looks at files when the system tells that they changed, and at all of them now and then. Returns what ends it. */
export function watchLibrary(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  inventory: Inventory,
  look: Look,
): () => void {
  let ended = false
  let cancelPoll = (): void => undefined
  const watcher = watchFolders((_folder, path) => settler.add(path === undefined ? 'all' : inventory.nameOf(path)), log)

  const lookNow = async (names: ReadonlySet<string> | 'all'): Promise<void> => {
    try {
      const missing = await look(names === 'all' ? names : await relevant(names, inventory), WATCH_TIMES.grace)
      if (ended) return
      if (missing.length > 0) clock.after(WATCH_TIMES.grace, () => ended || missing.forEach(settler.add))
      const folders = await inventory.folders()
      if (!ended && watcher.follow(folders)) settler.add('all')
    } catch (error) {
      log.error({ err: error }, 'the folder of documents cannot be read; what is published stays')
    }
  }
  const settler = settle(clock, WATCH_TIMES, (names) => void lookNow(names))
  const poll = (): void => {
    cancelPoll = clock.after(WATCH_TIMES.poll, () => {
      settler.add('all')
      poll()
    })
  }
  settler.add('all') // what changed since the last look, and which folders there are
  poll()
  return () => {
    ended = true
    cancelPoll()
    settler.cancel()
    watcher.close()
  }
}

/**
 * A regular file that can be no document and that none refers to does not count. Anything else of an unknown name may stand
 * for many files: a folder, or the link that mounted configuration is exchanged by.
 */
async function relevant(names: ReadonlySet<string>, inventory: Inventory): Promise<ReadonlySet<string> | 'all'> {
  const files = new Set<string>()
  for (const name of names) {
    if (isDocumentName(basename(name)) || inventory.isIncluded(name)) files.add(name)
    else if (!SCRATCH.test(basename(name)) && !(await isRegularFile(name))) return 'all'
  }
  return files
}

/** Locks and half-written texts of changes from within: they come and go, and stand for nothing else. */
const SCRATCH = /^\..+\.(?:lock|new)$/

const isRegularFile = async (name: string): Promise<boolean> =>
  (await lstat(name).catch(() => undefined))?.isFile() ?? false
