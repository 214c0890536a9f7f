import type { z } from 'zod'
import { byPosition, type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { diagnose } from '../../document/diagnose.ts'
import { editText } from '../../document/edit/edit-text.ts'
import type { Folder } from '../../document/folder.ts'
import { readImport } from '../../document/import/read-import.ts'
import { type ApiDocument, loadDocument } from '../../document/load-document.ts'
import { childOf, isObject } from '../../document/node.ts'
import type { CompileContext } from '../compile-context.ts'
import { identityOf } from '../identity.ts'
import { infoSettings } from '../settings/info.ts'
import { extensionBlock } from './extension-block.ts'
import type { ImportOptions } from './import-options.ts'
import { withAsked } from './with-asked.ts'

/** A document to be imported, and where its parts are. */
export interface ImportedFrom {
  /** Name in diagnostics; its last part also names what has no title. */
  readonly file: string
  readonly text: string
  readonly folder: Folder
}

/** A document that was read for an import, and the extension that it would get. */
export interface PreparedImport {
  readonly document: ApiDocument
  /** What the API is called from now on. */
  readonly id: string
  /** The document as it came; of Swagger 2.0, what it became. */
  readonly original: string
  readonly format: 'json' | 'yaml'
  /** The whole extension, for a document that is new here. */
  readonly extension: unknown
  /** What was explicitly asked for, to be put with `withAsked` into an extension that is there already. */
  readonly asked: unknown
  /** Files that the document refers to, with their texts, by path as `file` is one. */
  readonly parts: readonly { readonly file: string; readonly text: string }[]
}

export interface ImportOutcome {
  /** Missing when there is an error among the diagnostics. */
  readonly prepared?: PreparedImport
  /** Losses, what is missing, and what the text itself is diagnosed with. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads a plain OpenAPI or Swagger document and decides on its extension. One that it brings itself stays, and what was asked
 * for is set in it. Nothing is written anywhere. Never throws.
 */
export function prepareImport(from: ImportedFrom, options: ImportOptions, context: CompileContext): ImportOutcome {
  const { text: original, diagnostics: losses } = readImport(from.file, from.text)
  if (original === undefined) return { diagnostics: losses }
  const { document, diagnostics } = loadDocument(from.file, original, from.folder)
  const told = (found: readonly Diagnostic[]) => sorted([...losses, ...aboutConverted(found, losses, from.file)])
  if (!document || hasErrors(diagnostics)) return { diagnostics: told(diagnostics) }
  const { block, diagnostics: remarks } = extensionBlock(document, options, context)
  if (hasErrors(remarks)) return { diagnostics: told(remarks) }
  const asked = onlyAsked(block, options)
  const present = childOf(document.root, 'x-gateway').value
  const extension = isObject(present) ? withAsked(present, asked) : block
  const info = infoSettings.safeParse(idIn(extension))
  if (!info.success) return { diagnostics: told([...remarks, badId(document, options, info.error)]) }
  const { id } = identityOf(document, info.data)
  const parts = document.sources.slice(1).map(({ file, text }) => ({ file, text }))
  const { format } = document.root.source
  const prepared = { document, id, original, format, extension, asked, parts }
  return { prepared, diagnostics: told(remarks) }
}

/** What the extension says of the id, if anything; other forms than texts are for the compiler to refuse. */
function idIn(extension: unknown): { readonly id?: string } {
  const info = isObject(extension) ? extension['info'] : undefined
  return isObject(info) && typeof info['id'] === 'string' ? { id: info['id'] } : {}
}

/** An id that was asked for, or that the document brings, and that no API can have. */
function badId(document: ApiDocument, { id }: ImportOptions, error: z.ZodError): Diagnostic {
  const expected = `expected ${error.issues[0]?.message}`
  if (id === undefined) return diagnose('GW2102', childOf(document.root, 'x-gateway', 'info', 'id'), 'value', expected)
  return diagnose('GW6202', document.root, 'key', `${JSON.stringify(id)} cannot be an id: ${expected}`)
}

/** Lines of what a Swagger document became are none of its own. */
function aboutConverted(found: readonly Diagnostic[], losses: readonly Diagnostic[], file: string): Diagnostic[] {
  const isConverted = losses.some(({ code }) => code === 'GW6001')
  return found.map((each) => (isConverted && each.file === file ? { ...each, file: `${file} (as OpenAPI 3)` } : each))
}

/** The text of a document that is new here: as it came, with `x-gateway` at its end. */
export function importedText({ document, original, extension }: PreparedImport): string | undefined {
  const root = isObject(document.root.value) ? document.root.value : {}
  const edited = editText(original, { ...root, 'x-gateway': extension })
  return edited.ok ? edited.value : undefined
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
