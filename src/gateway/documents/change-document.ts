import { join } from 'node:path'
import type { Api } from '../../api/api.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Log } from '../../core/log.ts'
import { arrange } from './arrange.ts'
import { compileEntry } from './compile-entry.ts'
import { type CompileDocument, type CompiledDocument, type DocumentStatus, statusOf } from './document.ts'
import { placeConflict } from './place-conflict.ts'
import type { DocumentTexts } from './texts.ts'

/** A text that is to stand in the place of another; undefined stands for no document. */
export interface DocumentChange {
  readonly file: string
  readonly before: string | undefined
  readonly after: string | undefined
}

export type ChangeOutcome =
  /** Written and published; without status, the document is gone. */
  | { readonly kind: 'done'; readonly status?: DocumentStatus }
  /** It could not be served, so nothing was written. */
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] }
  /** Somebody else changed the document in between: nothing was written. */
  | { readonly kind: 'overtaken' }

/** What would become of a text. */
export interface Fate extends DocumentStatus {
  /** What it compiles to, even where another document holds its place. */
  readonly compiled?: Api
}

/** The one way by which documents are changed from within the gateway. */
export interface DocumentChanges {
  read(file: string): Promise<string | undefined>
  /**
   * What would become of a text in a file, among the documents that are there. Changes nothing. `compiled`: what the text
   * compiles to, for one whose other files are not yet where they would be.
   */
  examine(file: string, text: string, compiled?: CompiledDocument): Promise<Fate>
  /**
   * Examines, compares, writes and publishes. `admit` may throw when what would become of it is not what was meant.
   * Throws `TextsReadOnly`, `FileBusy`.
   */
  apply(change: DocumentChange, admit?: (status: DocumentStatus) => void): Promise<ChangeOutcome>
  /** Keeps a text that is no document, such as the original that an import came from; undefined removes it. */
  keep(file: string, text: string | undefined): Promise<void>
  /** The file for a new document. */
  fileFor(id: string, format: 'json' | 'yaml'): string
}

export interface ChangeDeps {
  readonly folder: string
  readonly texts: DocumentTexts
  readonly compile: CompileDocument
  readonly log: Log
  /** What is published now. */
  readonly documents: () => readonly DocumentStatus[]
  /** Publishes what stands in a file now. */
  readonly reload: (file: string) => Promise<DocumentStatus | undefined>
}

export function documentChanges(deps: ChangeDeps): DocumentChanges {
  const { texts, folder } = deps
  return {
    read: (file) => texts.read(file),
    examine: (file, text, compiled) =>
      examine(compiled ? { ...deps, compile: async () => compiled } : deps, file, text),
    async apply({ file, before, after }, admit) {
      if (after !== undefined) {
        const fate = await examine(deps, file, after)
        if (fate.status !== 'live') return { kind: 'refused', diagnostics: fate.diagnostics }
        admit?.(fate)
      }
      if (!(await texts.exchange(file, before, after))) return { kind: 'overtaken' }
      const status = await deps.reload(file)
      return { kind: 'done', ...(status && after !== undefined ? { status } : {}) }
    },
    async keep(file, text) {
      await texts.exchange(file, await texts.read(file), text)
    },
    fileFor: (id, format) => join(folder, `${id}.${format}`),
  }
}

/** As publishing decides it: the others were there first. */
async function examine(deps: ChangeDeps, file: string, text: string): Promise<Fate> {
  const environment = { compile: deps.compile, nameOf: (path: string) => path, log: deps.log }
  const entry = await compileEntry(environment, file, { kind: 'text', text }, 0, undefined)
  const { compiled } = entry
  if (!compiled) return statusOf(entry)
  const others = deps
    .documents()
    .flatMap(({ file: other, api }) => (api && other !== file ? [{ file: other, serving: api, wanted: api }] : []))
  const refusal = arrange([...others, { file, wanted: compiled }]).refused.get(file)
  const outcome = refusal ? { conflict: placeConflict(entry, refusal, undefined) } : { serving: compiled }
  return { ...statusOf({ ...entry, ...outcome }), compiled }
}
