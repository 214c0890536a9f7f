import { byPosition, type Diagnostic, hasErrors } from '../core/diagnostic.ts'
import type { Folder } from '../document/folder.ts'
import { type ApiDocument, loadDocument } from '../document/load-document.ts'
import type { Api } from './api.ts'
import { compileApi } from './compile-api.ts'
import type { CompileContext } from './compile-context.ts'

export interface CompiledDocument {
  /** Missing when there is an error among the diagnostics. */
  readonly api?: Api
  /** Present whenever the text is an OpenAPI document, errors or not: it knows where everything stands. */
  readonly document?: ApiDocument
  /** All there is to say, by position. */
  readonly diagnostics: readonly Diagnostic[]
  /** Real paths of the files that the document and its settings refer to, there or not: when one changes, compile again. */
  readonly files: readonly string[]
}

/** From text to API in one step. Never throws. What the document refers to is taken from `folder` alone. */
export function compileDocument(file: string, text: string, folder: Folder, context: CompileContext): CompiledDocument {
  const loaded = loadDocument(file, text, folder)
  if (!loaded.document) return { diagnostics: loaded.diagnostics, files: loaded.files }
  const { api, diagnostics, files: named } = compileApi(loaded.document, context)
  const all = [...loaded.diagnostics, ...diagnostics].sort(byPosition)
  const { document, files } = loaded
  return { ...(api && !hasErrors(all) ? { api } : {}), document, diagnostics: all, files: [...files, ...named] }
}
