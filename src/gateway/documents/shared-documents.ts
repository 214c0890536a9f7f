import { join, relative, resolve, sep } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { ok } from '../../core/result.ts'
import { type Commit, type Entry, type Key, partitionOf, recordKind, type Store } from '../../store/store.ts'
import { type DocumentSource, filesOnly } from './document-source.ts'
import { oneAtATime } from './one-at-a-time.ts'
import type { DocumentTexts } from './texts.ts'

/** A document in the store; without text, the document is removed wherever a file of its name lies. */
interface SharedDocument {
  readonly name: string
  readonly text?: string
}

const documentKey = (name: string): Key<SharedDocument> =>
  recordKind<SharedDocument>('document')(partitionOf(name), name)
/** Every name that is in the store, by the version of its record. */
const INDEX = 'documents'
/** id: name of a document in the store that is no longer as it was. */
export const DOCUMENT_MARK = 'document'

/** Milliseconds between two comparisons with the store, in case a mark was missed. */
const COMPARE = 5000
/** After a failure. */
const RETRY = 500

/**
 * Documents that gateways share through their store. By its path below the folder of documents a document of the store
 * takes the place of a file, or hides it, on every gateway; who has no such file serves it all the same.
 */
export interface SharedDocuments {
  readonly source: DocumentSource
  /** Texts for whoever changes them. `writes`: whether changes go to the store; else only those of what is there already. */
  texts(files: DocumentTexts, writes: boolean): DocumentTexts
  /** Calls `changed` when what the store holds is no longer what it was. Returns what ends that. */
  follow(changed: () => Promise<void>): () => void
}

interface Held {
  readonly version: number
  readonly text: string | undefined
}

export interface SharingDeps {
  readonly store: Store
  readonly folder: string
  readonly clock: Clock
  readonly log: Log
}

/** Reads what the store holds. Rejects with `StoreUnavailable`. */
export async function openSharedDocuments(deps: SharingDeps): Promise<SharedDocuments> {
  const held = new Map<string, Held>()
  await refresh(deps, held)
  return {
    source: sourceOver(held, deps.log),
    texts: (files, writes) => sharedTexts(deps, held, files, writes),
    follow: (changed) => follow(deps, held, changed),
  }
}

/** Takes over what changed; whether anything did. */
async function refresh({ store, folder }: SharingDeps, held: Map<string, Held>): Promise<boolean> {
  const stale: string[] = []
  let after: string | undefined
  do {
    const page = await store.list(INDEX, { limit: 1000, ...(after === undefined ? {} : { after }) })
    for (const { member, sort } of page.members)
      if (held.get(fileOf(folder, member))?.version !== sort) stale.push(member)
    after = page.next
  } while (after !== undefined)
  let changed = false
  for (const name of stale) {
    const [entry] = await store.get([documentKey(name)])
    changed = hold(held, fileOf(folder, name), entry) || changed
  }
  return changed
}

const fileOf = (folder: string, name: string): string => join(folder, ...name.split('/'))

/** What was committed here may be newer than what was read before. */
function hold(held: Map<string, Held>, file: string, entry: Entry<SharedDocument> | undefined): boolean {
  if (!entry || (held.get(file)?.version ?? 0) >= entry.version) return false
  held.set(file, { version: entry.version, text: entry.value.text })
  return true
}

function sourceOver(held: ReadonlyMap<string, Held>, log: Log): DocumentSource {
  const hidden = hiddenFiles(log)
  return {
    async stampOf(file) {
      const shared = held.get(file)
      const stamp = await filesOnly.stampOf(file)
      if (!shared) return stamp
      await hidden.look(file, stamp, shared.text)
      return shared.text === undefined ? undefined : `store:${shared.version}`
    },
    async readText(file) {
      const shared = held.get(file)
      if (!shared) return filesOnly.readText(file)
      return shared.text === undefined ? { ok: false, error: { kind: 'missing' } } : ok(shared.text)
    },
    *files() {
      for (const [file, { text }] of held) if (text !== undefined) yield file
    },
    originOf(file) {
      if (held.get(file)?.text === undefined) return { origin: 'file' }
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

function sharedTexts(deps: SharingDeps, held: Map<string, Held>, files: DocumentTexts, writes: boolean): DocumentTexts {
  const { store, folder, clock } = deps
  const find = async (file: string): Promise<Entry<SharedDocument> | undefined> => {
    const name = nameOf(folder, file)
    return name === undefined ? undefined : (await store.get([documentKey(name)]))[0]
  }
  return {
    async read(file) {
      const entry = await find(file)
      return entry ? entry.value.text : files.read(file)
    },
    async exchange(file, before, after) {
      const entry = await find(file)
      const name = nameOf(folder, file)
      if (name === undefined || (!entry && !writes)) return files.exchange(file, before, after)
      if ((entry ? entry.value.text : await files.read(file)) !== before) return false
      if (after === before) return true
      const version = (entry?.version ?? 0) + 1
      const document = { name, ...(after === undefined ? {} : { text: after }) }
      const outcome = await store.commit(replacing(document, version, clock.now()))
      if (outcome.ok) hold(held, file, { version, value: document })
      return outcome.ok
    },
  }
}

function replacing(document: SharedDocument, version: number, at: number): Commit {
  const key = documentKey(document.name)
  return {
    partition: key.partition,
    guards: [{ key, version: version - 1 }],
    writes: [
      { op: 'put', key, value: document },
      { op: 'index', index: INDEX, member: document.name, sort: version },
    ],
    marks: [{ topic: DOCUMENT_MARK, id: document.name, at }],
  }
}

/** Below the folder, with slashes; undefined for what lies elsewhere and is nobody else's. */
function nameOf(folder: string, file: string): string | undefined {
  const name = relative(resolve(folder), resolve(file))
  return name === '' || name.startsWith('..') ? undefined : name.split(sep).join('/')
}

function follow(deps: SharingDeps, held: Map<string, Held>, changed: () => Promise<void>): () => void {
  const { store, clock, log } = deps
  const inTurn = oneAtATime()
  let ended = false
  let cancel = (): void => undefined
  const look = async (): Promise<void> => {
    cancel()
    let pause = COMPARE
    try {
      if (await inTurn(() => refresh(deps, held))) await changed()
    } catch (error) {
      log.warn({ error: String(error) }, 'the documents of the store cannot be read; what is published stays')
      pause = RETRY
    }
    cancel()
    if (!ended) cancel = clock.after(pause, () => void look())
  }
  const watch = store.watch(({ topic }) => {
    if (topic === DOCUMENT_MARK) void look()
  })
  cancel = clock.after(COMPARE, () => void look())
  return () => {
    ended = true
    cancel()
    watch.close()
  }
}
