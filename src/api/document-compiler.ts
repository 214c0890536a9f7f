import { dirname } from 'node:path'
import type { Diagnostic } from '../core/diagnostic.ts'
import type { JsonPath } from '../core/json-pointer.ts'
import { openFolder } from '../document/folder.ts'
import type { Range } from '../document/source.ts'
import type { Api } from './api.ts'
import type { CompileContext } from './compile-context.ts'
import { compileDocument } from './compile-document.ts'

/** What a library of documents wants to know of a text. */
export interface DocumentOutcome {
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
  readonly dependsOn: readonly string[]
  readonly locate?: (path: JsonPath, part: 'key' | 'value') => Range
}

/** The way from text to API for documents that lie in files and refer to others in their folder. */
export function documentCompiler(context: CompileContext): (file: string, text: string) => Promise<DocumentOutcome> {
  return async (file, text) => {
    const { api, document, diagnostics, files } = compileDocument(file, text, openFolder(dirname(file)), context)
    const source = document?.sources[0]
    return {
      ...(api ? { api } : {}),
      diagnostics,
      dependsOn: files,
      ...(source ? { locate: (path, part) => source.locate(path, part) } : {}),
    }
  }
}
