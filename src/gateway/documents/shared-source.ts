import type { Log } from '../../core/log.ts'
import { ok } from '../../core/result.ts'
import { type DocumentSource, filesOnly } from './document-source.ts'

/** What the store holds of a document. */
export interface Held {
  readonly version: number
  /** Missing: the document is removed wherever a file of its name lies. */
  readonly text: string | undefined
  /** The store has let go of it: files count. */
  readonly released: boolean
}

/** Texts of the store by the file whose place each takes, then files. */
export function sourceOver(held: ReadonlyMap<string, Held>, log: Log): DocumentSource {
  const hidden = hiddenFiles(log)
  const sharedAt = (file: string): Held | undefined => {
    const found = held.get(file)
    return found?.released ? undefined : found
  }
  return {
    async stampOf(file) {
      const shared = sharedAt(file)
      const stamp = await filesOnly.stampOf(file)
      if (!shared) return stamp
      await hidden.look(file, stamp, shared.text)
      return shared.text === undefined ? undefined : `store:${shared.version}`
    },
    async readText(file) {
      const shared = sharedAt(file)
      if (!shared) return filesOnly.readText(file)
      return shared.text === undefined ? { ok: false, error: { kind: 'missing' } } : ok(shared.text)
    },
    *files() {
      for (const [file, { text, released }] of held) if (text !== undefined && !released) yield file
    },
    originOf(file) {
      const shared = sharedAt(file)
      if (!shared) return { origin: 'file' }
      return { origin: 'store', ...(hidden.has(file) ? { hidesFile: true } : {}) }
    },
  }
}

/** Files that are not served because the store says something else; whoever writes to one is told in the log. */
function hiddenFiles(log: Log) {
  const stamps = new Map<string, string>()
  return {
    has: (file: string): boolean => stamps.has(file),
    async look(file: string, stamp: string | undefined, shared: string | undefined): Promise<void> {
      if (stamp !== undefined && stamps.get(file) === stamp) return
      const read = await filesOnly.readText(file)
      if (stamp === undefined || !read.ok || read.value === shared) {
        stamps.delete(file)
        return
      }
      stamps.set(file, stamp)
      const state = shared === undefined ? 'was removed through the admin API' : 'has another text in the store'
      log.warn({ file }, `a file is not served, because its document ${state}`)
    },
  }
}
