import { mkdir } from 'node:fs/promises'
import { basename } from 'node:path'
import type { CompileContext } from '../../api/compile-context.ts'
import { documentCompiler } from '../../api/document-compiler.ts'
import { systemClock } from '../../core/clock.ts'
import { silentLog } from '../../core/log.ts'
import { type DocumentChanges, documentChanges } from '../../gateway/documents/change-document.ts'
import type { DocumentStatus } from '../../gateway/documents/document.ts'
import { fileTexts } from '../../gateway/documents/file-texts.ts'
import { type Library, openLibrary } from '../../gateway/library.ts'

/** A folder of documents, as a command works with it. */
export interface DocumentFolder {
  readonly library: Library
  readonly changes: DocumentChanges
  /** The document of an API; one that was never served goes by the name of its file. */
  find(id: string): DocumentStatus | undefined
}

/** Opens a folder; one that is not there is made when `make` says so. */
export async function openDocumentFolder(
  folder: string,
  context: CompileContext,
  make: boolean,
): Promise<DocumentFolder> {
  if (make) await mkdir(folder, { recursive: true })
  const compile = documentCompiler(context)
  const library = await openLibrary({ folder, compile, clock: systemClock, log: silentLog })
  const { documents, reload } = library
  return {
    library,
    changes: documentChanges({ folder, texts: fileTexts(systemClock), compile, log: silentLog, documents, reload }),
    find: (id) => documents().find((document) => idOf(document) === id),
  }
}

/** A folder that is not there yet, for commands that only say what they would do. */
export function missingFolder(folder: string, context: CompileContext): Omit<DocumentFolder, 'library'> {
  const compile = documentCompiler(context)
  const documents = () => []
  const texts = fileTexts(systemClock)
  const reload = async () => undefined
  return {
    changes: documentChanges({ folder, texts, compile, log: silentLog, documents, reload }),
    find: () => undefined,
  }
}

/** The id of the API of a document, or what stands in for one. */
export const idOf = ({ file, api }: DocumentStatus): string => api?.id ?? basename(file).replace(/\.[^.]*$/, '')
