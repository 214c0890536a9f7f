import { dirname, join } from 'node:path'
import type { Api } from '../../api/api.ts'
import type { CompileContext } from '../../api/compile-context.ts'
import { compileDocument } from '../../api/compile-document.ts'
import {
  type ImportedFrom,
  importedText,
  type PreparedImport,
  prepareImport,
} from '../../api/import/import-document.ts'
import type { ImportOptions } from '../../api/import/import-options.ts'
import { type MergeOutcome, mergeDocument } from '../../api/merge/merge-document.ts'
import { type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { openFolder } from '../../document/folder.ts'
import { loadDocument } from '../../document/load-document.ts'
import type { ChangeOutcome, DocumentChanges } from '../../gateway/documents/change-document.ts'
import type { CompiledDocument } from '../../gateway/documents/document.ts'
import { FileBusy } from '../../gateway/documents/file-lock.ts'
import { TextsReadOnly } from '../../gateway/documents/texts.ts'
import { type MergedPart, mergedParts, partConflict } from './merge-parts.ts'
import { originalOf } from './originals.ts'

export interface ImportRequest {
  readonly from: ImportedFrom
  readonly options: ImportOptions
  /** `create`: only what is new. `merge`: a new version of what is there. `replace`: forget what is there. */
  readonly mode: 'create' | 'merge' | 'replace'
  /** Confirmed renames of operations: old name → new name. */
  readonly renames: ReadonlyMap<string, string>
  readonly prefer?: 'current' | 'new'
  readonly dryRun: boolean
}

export interface ImportEnvironment {
  readonly changes: DocumentChanges
  readonly context: CompileContext
  /** The document of an API, served or not. */
  readonly find: (id: string) => { readonly file: string } | undefined
  /** Ids that documents of the same import have taken already: two of one title are not versions of each other. */
  readonly taken?: ReadonlySet<string>
}

export interface ImportResult {
  /**
   * `exists`: there is such an API and `create` was asked for. `conflict`: both sides changed the same places. `overtaken`:
   * somebody changed the document at the same time. Nothing was written in these cases, nor when it was `refused`.
   */
  readonly kind: 'created' | 'replaced' | 'merged' | 'unchanged' | 'exists' | 'refused' | 'conflict' | 'overtaken'
  readonly id?: string
  readonly file?: string
  readonly api?: Api
  readonly before?: string
  readonly text?: string
  readonly merge?: MergeOutcome
  readonly diagnostics: readonly Diagnostic[]
}

/** Brings a plain document, or a new version of one, among the documents of a gateway; dry, it says what would happen. */
export async function importInto(request: ImportRequest, environment: ImportEnvironment): Promise<ImportResult> {
  const { changes, context, find } = environment
  const { prepared, diagnostics } = prepareImport(request.from, request.options, context)
  if (!prepared) return { kind: 'refused', diagnostics }
  const existing = find(prepared.id)
  const file = existing?.file ?? newFile(prepared, changes)
  const before = await changes.read(file)
  const known = { id: prepared.id, file, ...(before === undefined ? {} : { before }) }
  const isTaken = environment.taken?.has(prepared.id) ?? false
  if (isTaken || (before !== undefined && request.mode === 'create')) return { kind: 'exists', ...known, diagnostics }
  const isMerge = before !== undefined && request.mode === 'merge'
  const merge = isMerge ? await merged(request, prepared, file, before, changes) : undefined
  if (isMerge && merge === undefined) return { kind: 'refused', ...known, diagnostics: unreadable(file, before) }
  const parts = await mergedParts(file, prepared, request, changes)
  const undecided = parts.filter(({ text }) => text === undefined).map((part) => partConflict(part))
  if (merge && (merge.text === undefined || undecided.length > 0)) {
    return {
      kind: 'conflict',
      ...known,
      merge: { ...merge, conflicts: [...merge.conflicts, ...undecided] },
      diagnostics,
    }
  }
  const text = merge?.text ?? importedText(prepared)
  if (text === undefined) return { kind: 'refused', ...known, diagnostics }
  const { document, ...compiled } = compileDocument(file, text, request.from.folder, context)
  const { api } = compiled
  const told = [...diagnostics, ...compiled.diagnostics]
  const result = { ...known, text, ...(merge ? { merge } : {}), diagnostics: told }
  if (!api || hasErrors(told)) return { kind: 'refused', ...result }
  const kind = before === undefined ? 'created' : before === text ? 'unchanged' : merge ? 'merged' : 'replaced'
  const decided = { kind, ...result, api } as const
  if (!request.dryRun) return write(prepared, parts, decided, changes)
  const source = document?.sources[0]
  const locate = source ? { locate: source.locate } : {}
  return rehearse(
    decided,
    parts.length > 0 ? { ...compiled, dependsOn: compiled.files, ...locate } : undefined,
    changes,
  )
}

type Decided = ImportResult & { readonly file: string; readonly text: string; readonly api: Api }

/** What would become of the document; parts are not where they would be, so with them it is `compiled` that is placed. */
async function rehearse(
  decided: Decided,
  compiled: CompiledDocument | undefined,
  changes: DocumentChanges,
): Promise<ImportResult> {
  const { status, diagnostics } = await changes.examine(decided.file, decided.text, compiled)
  return status === 'live' ? decided : { ...decided, kind: 'refused', diagnostics }
}

/** Originals last, so that they are never those of something unwritten. */
async function write(
  prepared: PreparedImport,
  parts: readonly MergedPart[],
  decided: Decided,
  changes: DocumentChanges,
): Promise<ImportResult> {
  const outcome = await writeWithParts(parts, decided, changes)
  if (outcome.kind === 'refused') return { ...decided, kind: 'refused', diagnostics: outcome.diagnostics }
  if (outcome.kind === 'overtaken') return { ...decided, kind: 'overtaken' }
  for (const part of parts) await changes.keep(part.original, part.next)
  await changes.keep(originalOf(decided.file), prepared.original)
  return decided
}

/** Parts first, so that the document finds them; where the document is not written, they become again what they were. */
async function writeWithParts(
  parts: readonly MergedPart[],
  { file, before, text }: Decided,
  changes: DocumentChanges,
): Promise<ChangeOutcome> {
  const stood = await Promise.all(parts.map(async (part) => ({ part, before: await changes.read(part.file) })))
  const restore = async (): Promise<void> => {
    for (const { part, before } of stood) {
      const isOurs = (await changes.read(part.file)) === part.text // else somebody has changed it since
      if (isOurs) await changes.keep(part.file, before)
    }
  }
  try {
    for (const part of parts) await changes.keep(part.file, part.text)
    const outcome = await changes.apply({ file, before, after: text })
    if (outcome.kind !== 'done') await restore()
    return outcome
  } catch (error) {
    if (error instanceof FileBusy || error instanceof TextsReadOnly) await restore()
    throw error
  }
}

/** A document of several files gets a folder of its own. */
function newFile({ id, format, parts }: PreparedImport, changes: DocumentChanges): string {
  return changes.fileFor(parts.length > 0 ? join(id, 'openapi') : id, format)
}

async function merged(
  request: ImportRequest,
  prepared: PreparedImport,
  file: string,
  before: string,
  changes: DocumentChanges,
): Promise<MergeOutcome | undefined> {
  const current = loadDocument(file, before, openFolder(dirname(file))).document
  if (!current) return undefined
  const { renames, prefer, from } = request
  const base = await changes.read(originalOf(file))
  const { original: next, asked } = prepared
  const input = { current, base, next, folder: from.folder, renames, ...(prefer ? { prefer } : {}), extension: asked }
  return mergeDocument(input)
}

const unreadable = (file: string, text: string): readonly Diagnostic[] => loadDocument(file, text).diagnostics
