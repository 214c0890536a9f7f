import type { Clock } from '../core/clock.ts'
import type { Diagnostic } from '../core/diagnostic.ts'
import type { Log } from '../core/log.ts'
import type { CompileDocument, DocumentStatus } from './documents/document.ts'
import { type DocumentSource, filesOnly, type TextOrigin } from './documents/document-source.ts'
import { type Change, createInventory } from './documents/inventory.ts'
import { oneAtATime } from './documents/one-at-a-time.ts'
import { createShelf, type ShelfChange } from './documents/shelf.ts'
import { type Look, watchLibrary } from './documents/watch-library.ts'
import type { Snapshot } from './snapshot.ts'

/** The API documents of a folder and the set of APIs that is live because of them. */
export interface Library {
  /** The APIs to serve. Ask once per request and stay with it. */
  current(): Snapshot
  /** Every document with its state, in the order of the files. */
  documents(): readonly DocumentStatus[]
  /** All there is to say: of the documents, and an info for each file that is none and belongs to none. */
  diagnostics(): readonly Diagnostic[]
  /** Where the text of a document comes from, and the text as it is now; undefined when it has gone. */
  originOf(file: string): TextOrigin
  textOf(file: string): Promise<string | undefined>
  /** Reads one file again, also when it looks unchanged. Undefined: it is no document, or is gone. */
  reload(file: string): Promise<DocumentStatus | undefined>
  /** Looks at all files; compiles what was written since. Rejects when the folder cannot be listed. */
  rescan(): Promise<void>
  /** From now on changes of files are published by themselves; returns what ends that. */
  watch(): () => void
  /** Calls `listener` after each change of what is published or known of a document; returns what ends that. */
  onChange(listener: (change: LibraryChange) => void): () => void
}

export type LibraryChange = ShelfChange

export interface LibraryOptions {
  readonly folder: string
  readonly compile: CompileDocument
  readonly clock: Clock
  readonly log: Log
  /** Default: files alone. */
  readonly source?: DocumentSource
}

/** Reads the folder and compiles every document in it. Rejects when the folder cannot be listed. */
export async function openLibrary(options: LibraryOptions): Promise<Library> {
  const { folder, clock, log, source = filesOnly } = options
  const inventory = await createInventory(folder, clock, source)
  const shelf = createShelf({ ...options, nameOf: inventory.nameOf, unread: inventory.forget })
  const inTurn = oneAtATime()
  const listeners = new Set<(change: LibraryChange) => void>()

  const tell = (change: LibraryChange): void => {
    if (change.changed.length === 0 && change.removed.length === 0) return
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        log.error({ err: error }, 'a listener to changes of documents failed')
      }
    }
  }
  const take = async (changes: readonly Change[]): Promise<void> => {
    for (let next = changes; next.length > 0; ) {
      tell(await shelf.take(next))
      next = await inventory.include(shelf.dependencies())
    }
  }
  const look: Look = (files, grace) =>
    inTurn(async () => {
      const { changes, missing } = await inventory.look(files, grace)
      await take(changes)
      return missing
    })

  const library: Library = {
    current: shelf.snapshot,
    documents: shelf.documents,
    diagnostics: () => [...shelf.documents().flatMap((document) => document.diagnostics), ...shelf.ignored()],
    originOf: source.originOf,
    async textOf(file) {
      const read = await source.readText(file)
      return read.ok ? read.value : undefined
    },
    async reload(path) {
      const file = inventory.nameOf(path)
      await inTurn(async () => {
        inventory.forget(file)
        const { changes } = await inventory.look([file])
        await take(changes)
      })
      return shelf.documents().find((document) => document.file === file)
    },
    rescan: async () => void (await look('all', 0)),
    watch: () => watchLibrary(options, inventory, look),
    onChange(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  await library.rescan()
  return library
}
