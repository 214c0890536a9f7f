import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/log.ts'
import { type DocumentChanges, documentChanges } from '../gateway/documents/change-document.ts'
import type { CompileDocument } from '../gateway/documents/document.ts'
import { fileTexts } from '../gateway/documents/file-texts.ts'
import type { Library } from '../gateway/library.ts'

export interface ChangeParts {
  readonly folder: string
  readonly library: Library
  readonly compile: CompileDocument
  readonly clock: Clock
  readonly log: Log
}

/** How the documents of this gateway are changed from within: in their files. */
export function changesOf({ folder, library, compile, clock, log }: ChangeParts): DocumentChanges {
  return documentChanges({
    folder,
    texts: fileTexts(clock),
    compile,
    log,
    documents: library.documents,
    reload: library.reload,
  })
}
