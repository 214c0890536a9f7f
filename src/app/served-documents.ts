import type { Settings } from '../config/settings.ts'
import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type DocumentChanges, documentChanges } from '../gateway/documents/change-document.ts'
import type { CompileDocument } from '../gateway/documents/document.ts'
import { fileTexts } from '../gateway/documents/file-texts.ts'
import { openSharedDocuments, type SharedDocuments } from '../gateway/documents/shared-documents.ts'
import { type Library, openLibrary } from '../gateway/library.ts'
import type { Store } from '../store/store.ts'

export interface DocumentParts {
  readonly settings: Settings
  readonly store: Store
  readonly compile: CompileDocument
  readonly clock: Clock
  readonly log: Log
}

export interface ServedDocuments {
  readonly library: Library
  /** How documents are changed from within: in their files, or in the store that several machines share. */
  readonly changes: DocumentChanges
  readonly shared: SharedDocuments
  /** From now on changes are published by themselves, wherever they come from; returns what ends that. */
  watch(): () => void
}

/** The documents of the folder and of the store. */
export async function servedDocuments({
  settings,
  store,
  compile,
  clock,
  log,
}: DocumentParts): Promise<ServedDocuments> {
  const folder = settings.documents
  const shared = await openSharedDocuments({ store, folder, clock, log })
  const library = await openLibrary({ folder, compile, clock, log, source: shared.source })
  const texts = shared.texts(fileTexts(clock), isOfManyMachines(settings.store))
  const { documents, reload } = library
  return {
    library,
    shared,
    changes: documentChanges({ folder, texts, compile, log, documents, reload }),
    watch() {
      const ends = [library.watch(), shared.follow(() => library.rescan())]
      return () => {
        for (const end of ends) end()
      }
    },
  }
}

/** The processes of one machine see each other's files. */
const isOfManyMachines = (store: string): boolean => /^rediss?[:+]/.test(store)
