import { byPosition, type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { editText } from '../../document/edit/edit-text.ts'
import { mergePatch } from '../../document/edit/merge-patch.ts'
import type { Folder } from '../../document/folder.ts'
import { readImport } from '../../document/import/read-import.ts'
import { loadDocument } from '../../document/load-document.ts'
import { isObject } from '../../document/node.ts'
import type { Api } from '../api.ts'
import type { CompileContext } from '../compile-context.ts'
import { compileDocument } from '../compile-document.ts'
import { extensionBlock } from './extension-block.ts'
import type { ImportOptions } from './import-options.ts'

/** A document to be imported, and where its parts are. */
export interface ImportedFrom {
  /** Name in diagnostics; its last part also names what has no title. */
  readonly file: string
  readonly text: string
  readonly folder: Folder
}

export interface ImportedDocument {
  /** The document as it came; of Swagger 2.0, what it became. */
  readonly original: string
  /** The same with `x-gateway`. */
  readonly text: string
  readonly format: 'json' | 'yaml'
  readonly api: Api
  /** Files that the document refers to, with their texts, by path from its folder. */
  readonly parts: readonly { readonly file: string; readonly text: string }[]
}

export interface ImportOutcome {
  /** Missing when there is an error among the diagnostics. */
  readonly imported?: ImportedDocument
  /** All remarks: losses, what is missing, and what the document itself is diagnosed with. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Makes an API of a plain OpenAPI or Swagger document: its text stays, only `x-gateway` is added at its end. An extension
 * that is there already stays as well, and what was asked for is set in it. Nothing is written anywhere. Never throws.
 */
export function importDocument(from: ImportedFrom, options: ImportOptions, context: CompileContext): ImportOutcome {
  const { text: original, diagnostics: losses } = readImport(from.file, from.text)
  if (original === undefined) return { diagnostics: losses }
  const { document, diagnostics } = loadDocument(from.file, original, from.folder)
  if (!document || !isObject(document.root.value)) return { diagnostics: sorted([...losses, ...diagnostics]) }
  const { block, diagnostics: remarks } = extensionBlock(document, options, context)
  const present = document.root.value['x-gateway']
  const extension = isObject(present) ? mergePatch(present, onlyAsked(block, options)) : block
  const edited = editText(original, { ...document.root.value, 'x-gateway': extension })
  const text = edited.ok ? edited.value : original
  const compiled = compileDocument(from.file, text, from.folder, context)
  const told = sorted([...losses, ...remarks, ...compiled.diagnostics])
  if (!compiled.api || !edited.ok || hasErrors(told)) return { diagnostics: told }
  const { format } = document.root.source
  const parts = document.sources.slice(1).map(({ file, text: part }) => ({ file, text: part }))
  return { imported: { original, text, format, api: compiled.api, parts }, diagnostics: told }
}

/** Beside an extension that is there, defaults have nothing to say. */
function onlyAsked(block: ReturnType<typeof extensionBlock>['block'], options: ImportOptions): unknown {
  const { server, upstream, ...rest } = block
  const { listenPath, ...security } = isObject(server) ? server : {}
  const asked = { ...(options.listenPath === undefined ? {} : { listenPath }), ...security }
  return {
    ...rest,
    ...(Object.keys(asked).length > 0 ? { server: asked } : {}),
    ...(options.upstream === undefined ? {} : { upstream }),
  }
}

const sorted = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] => [...diagnostics].sort(byPosition)
