import { realpath } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { filesOnly } from './document-source.ts'
import { type Content, type FileMemory, fileMemory } from './file-memory.ts'
import { findFiles, identityOf } from './find-files.ts'

/** A file whose content is not what it was. */
export interface Change {
  readonly file: string
  /** `unread`: there is one, to be read when it is its turn. */
  readonly content: Content | { readonly kind: 'unread' }
}

/** Characters of changed texts that are held in memory; the texts beyond are read again in their turn. */
const HELD = 16_777_216

/** The stamp of what stands below a folder that is not there: it has not been deleted. */
const AWAY = 'away'

/** What the files of a folder, and those that documents refer to elsewhere, contained when they were last looked at. */
export interface Inventory {
  /** One name for every way to write a path: below the folder as the folder was given, else absolute. */
  nameOf(path: string): string
  /**
   * Compares files with what they contained before: costs a `stat` where nothing was written, and reads only what was.
   * A file that is missing counts as gone only when it is still missing `grace` milliseconds later, because editors put
   * a new file in the place of the old one; until then it is told in `missing`.
   * While the folder itself is not there, as between two mounts, nothing below it is missing.
   * Rejects when all are asked for and the folder cannot be listed.
   */
  look(files: Iterable<string> | 'all', grace?: number): Promise<{ changes: Change[]; missing: string[] }>
  /**
   * From now on exactly these belong to `all` too, wherever they lie. Returns those that were never looked at: whoever read
   * them before may have read something older.
   */
  include(files: Iterable<string>): Promise<Change[]>
  isIncluded(file: string): boolean
  /** The next look takes the file for changed. */
  forget(file: string): void
  /** Folders in which something may change, with their identities. */
  folders(): Promise<ReadonlyMap<string, string>>
}

/** Rejects when there is no such folder. */
export async function createInventory(root: string, clock: Clock, source = filesOnly): Promise<Inventory> {
  const roots = [resolve(root), await realpath(root)]
  const isAway = async (file: string): Promise<boolean> =>
    nameBelow(root, roots, file).startsWith(join(root, sep)) && (await identityOf(root)) === ''
  const memory = fileMemory(clock, {
    ...source,
    stampOf: async (file) => (await source.stampOf(file)) ?? ((await isAway(file)) ? AWAY : undefined),
  })
  let below: ReadonlyMap<string, string> = new Map()
  let included: ReadonlySet<string> = new Set()
  const all = async (): Promise<Set<string>> => {
    const found = await findFiles(root)
    below = found.folders
    return new Set([...found.files, ...memory.files(), ...included, ...source.files()])
  }
  return {
    nameOf: (path) => nameBelow(root, roots, path),
    isIncluded: (file) => included.has(file),
    forget: memory.forget,
    async include(files) {
      included = new Set(files)
      const fresh = [...included].filter((file) => !memory.knows(file))
      return (await lookAt(memory, fresh, 0)).changes
    },
    async look(files, grace = 0) {
      return lookAt(memory, files === 'all' ? await all() : new Set(files), grace)
    },
    async folders() {
      const folders = new Map(below)
      for (const folder of new Set([...included].map((file) => dirname(file)))) {
        if (!folders.has(folder)) folders.set(folder, await identityOf(folder))
      }
      return folders
    },
  }
}

async function lookAt(memory: FileMemory, files: Iterable<string>, grace: number) {
  const changes: Change[] = []
  const missing: string[] = []
  let held = 0
  for (const file of files) {
    const news = await memory.compare(file, grace)
    if (news === 'missing') missing.push(file)
    else if (news) {
      held += news.kind === 'text' ? news.text.length : 0
      changes.push({ file, content: held > HELD && news.kind === 'text' ? { kind: 'unread' } : news })
    }
  }
  return { changes, missing }
}

/** Whoever follows links finds the folder under its real path, and means the same files. */
function nameBelow(root: string, roots: readonly string[], path: string): string {
  const whole = resolve(path)
  const above = roots.find((one) => whole.startsWith(one === sep ? one : one + sep))
  return above === undefined ? whole : join(root, relative(above, whole))
}
