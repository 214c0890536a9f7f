import { join, relative, resolve, sep } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { patiently } from '../../store/patiently.ts'
import { type Commit, type Entry, type Key, partitionOf, recordKind, type Store } from '../../store/store.ts'
import type { DocumentSource } from './document-source.ts'
import { oneAtATime } from './one-at-a-time.ts'
import { type Held, sourceOver } from './shared-source.ts'
import type { DocumentTexts } from './texts.ts'

/** A document in the store; without text, the document is removed wherever a file of its name lies. */
interface SharedDocument {
  readonly name: string
  readonly text?: string
  /** The store has let go of it: files count. The record stays, so that versions go on. */
  readonly released?: true
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
  /** What the store holds, in the order of the names. */
  list(): readonly SharedEntry[]
  /** Lets go of a document: files of its name count again, on every gateway. False when the store does not hold it. */
  release(name: string): Promise<boolean>
  /** Calls `changed` when what the store holds is no longer what it was. Returns what ends that. */
  follow(changed: () => Promise<void>): () => void
}

export interface SharedEntry {
  /** Path below the folder of documents, with slashes. */
  readonly name: string
  /** The document is removed: files of its name are not served. */
  readonly removed: boolean
  /** A file of that name here says something else. */
  readonly hidesFile: boolean
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
  await patiently(() => refresh(deps, held))
  const source = sourceOver(held, deps.log)
  return {
    source,
    texts: (files, writes) => sharedTexts(deps, held, files, writes),
    list: () => listed(deps.folder, held, source),
    release: (name) => release(deps, held, name),
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
  const { text, released = false } = entry.value
  held.set(file, { version: entry.version, text, released })
  return true
}

function sharedTexts(deps: SharingDeps, held: Map<string, Held>, files: DocumentTexts, writes: boolean): DocumentTexts {
  const { store, folder } = deps
  const find = async (file: string): Promise<Entry<SharedDocument> | undefined> => {
    const name = nameOf(folder, file)
    return name === undefined ? undefined : (await store.get([documentKey(name)]))[0]
  }
  const isHeld = (entry: Entry<SharedDocument> | undefined): entry is Entry<SharedDocument> =>
    entry !== undefined && !entry.value.released
  return {
    async read(file) {
      const entry = await find(file)
      return isHeld(entry) ? entry.value.text : files.read(file)
    },
    async exchange(file, before, after) {
      const entry = await find(file)
      const name = nameOf(folder, file)
      if (name === undefined || !(isHeld(entry) || writes)) return files.exchange(file, before, after)
      if ((isHeld(entry) ? entry.value.text : await files.read(file)) !== before) return false
      if (after === before) return true
      return replace(deps, held, entry, { name, ...(after === undefined ? {} : { text: after }) })
    },
  }
}

/** False when it was replaced in between. */
async function replace(
  { store, folder, clock }: SharingDeps,
  held: Map<string, Held>,
  before: Entry<SharedDocument> | undefined,
  value: SharedDocument,
): Promise<boolean> {
  const version = (before?.version ?? 0) + 1
  const outcome = await store.commit(replacing(value, version, clock.now()))
  if (outcome.ok) hold(held, fileOf(folder, value.name), { version, value })
  return outcome.ok
}

async function release(deps: SharingDeps, held: Map<string, Held>, name: string): Promise<boolean> {
  for (;;) {
    const [entry] = await deps.store.get([documentKey(name)])
    if (!entry || entry.value.released) return false
    if (await replace(deps, held, entry, { name, released: true })) return true
  }
}

function listed(folder: string, held: ReadonlyMap<string, Held>, source: DocumentSource): readonly SharedEntry[] {
  return [...held]
    .filter(([, { released }]) => !released)
    .map(([file, { text }]) => ({
      name: nameOf(folder, file) ?? file,
      removed: text === undefined,
      hidesFile: source.originOf(file).hidesFile ?? false,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
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
  void look() // what changed since it was read first
  return () => {
    ended = true
    cancel()
    watch.close()
  }
}
