import { realpath } from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import type { Clock, Instant } from '../../core/clock.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { sha256 } from '../../core/digest.ts'
import { findFiles, identityOf, stampOf } from './find-files.ts'
import { readText } from './read-text.ts'

/** A file whose content is not what it was. */
export interface Change {
  readonly file: string
  readonly content:
    | { readonly kind: 'text'; readonly text: string }
    | { readonly kind: 'unusable'; readonly diagnostic: Diagnostic }
    | { readonly kind: 'gone' }
}

/** What the files of a folder, and those that documents refer to elsewhere, contained when they were last looked at. */
export interface Inventory {
  /** One name for every way to write a path: below the folder as the folder was given, else absolute. */
  nameOf(path: string): string
  /**
   * Compares files with what they contained before: costs a `stat` where nothing was written, and reads only what was.
   * A file that is missing counts as gone only when it is still missing `grace` milliseconds later, because editors put
   * a new file in the place of the old one; until then it is told in `missing`.
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

interface Seen {
  readonly stamp: string
  readonly digest: string
}

/** Rejects when there is no such folder. */
export async function createInventory(root: string, clock: Clock): Promise<Inventory> {
  const roots = [resolve(root), await realpath(root)]
  const seen = new Map<string, Seen>()
  const missingSince = new Map<string, Instant>()
  let below: ReadonlyMap<string, string> = new Map()
  let included: ReadonlySet<string> = new Set()

  const all = async (): Promise<Set<string>> => {
    const found = await findFiles(root)
    below = found.folders
    return new Set([...found.files.keys(), ...seen.keys(), ...included])
  }
  const absent = (file: string, grace: number): 'gone' | 'missing' | undefined => {
    if (!seen.has(file)) return undefined
    const since = missingSince.get(file) ?? clock.now()
    missingSince.set(file, since)
    if (clock.now() - since < grace) return 'missing'
    missingSince.delete(file)
    seen.delete(file)
    return 'gone'
  }
  const changeOf = async (file: string, stamp: string): Promise<Change['content'] | undefined> => {
    if (seen.get(file)?.stamp === stamp) return undefined
    const read = await readText(file)
    if (!read.ok && read.error.kind === 'missing') return undefined
    const digest = sha256(read.ok ? read.value : `\0${read.error.kind}`)
    const same = seen.get(file)?.digest === digest
    seen.set(file, { stamp, digest })
    if (same) return undefined
    if (read.ok) return { kind: 'text', text: read.value }
    return read.error.kind === 'unusable' ? read.error : undefined
  }
  return {
    nameOf: (path) => nameBelow(root, roots, path),
    isIncluded: (file) => included.has(file),
    async include(files) {
      included = new Set(files)
      const changes: Change[] = []
      for (const file of included) {
        const stamp = seen.has(file) ? undefined : await stampOf(file)
        const content = stamp === undefined ? undefined : await changeOf(file, stamp)
        if (content) changes.push({ file, content })
      }
      return changes
    },
    forget: (file) => void seen.set(file, { stamp: '', digest: '' }),
    async look(files, grace = 0) {
      const changes: Change[] = []
      const missing: string[] = []
      for (const file of files === 'all' ? await all() : new Set(files)) {
        const stamp = await stampOf(file)
        if (stamp === undefined) {
          const absence = absent(file, grace)
          if (absence === 'missing') missing.push(file)
          if (absence === 'gone') changes.push({ file, content: { kind: 'gone' } })
          continue
        }
        missingSince.delete(file)
        const content = await changeOf(file, stamp)
        if (content) changes.push({ file, content })
      }
      return { changes, missing }
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

/** Whoever follows links finds the folder under its real path, and means the same files. */
function nameBelow(root: string, roots: readonly string[], path: string): string {
  const whole = resolve(path)
  const above = roots.find((one) => whole.startsWith(one === sep ? one : one + sep))
  return above === undefined ? whole : join(root, relative(above, whole))
}
