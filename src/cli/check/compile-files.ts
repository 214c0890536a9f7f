import { silentLog } from '../../core/log.ts'
import { arrange } from '../../gateway/documents/arrange.ts'
import { compileEntry } from '../../gateway/documents/compile-entry.ts'
import {
  type CompileDocument,
  type DocumentEntry,
  type DocumentStatus,
  statusOf,
} from '../../gateway/documents/document.ts'
import { placeConflict } from '../../gateway/documents/place-conflict.ts'
import { readText, wholeFile } from '../../gateway/documents/read-text.ts'

/** Compiles files as if a gateway served exactly these: whatever they contain, each of them is meant as a document. */
export async function compileFiles(files: readonly string[], compile: CompileDocument): Promise<DocumentStatus[]> {
  const entries = new Map<string, DocumentEntry>()
  for (const [index, file] of files.entries()) entries.set(file, await entryOf(file, index, compile))
  const wishes = [...entries.values()].map(({ file, compiled }) => ({
    file,
    ...(compiled ? { wanted: compiled } : {}),
  }))
  const { served, refused } = arrange(wishes)
  return [...entries.values()].map((entry) => {
    const serving = served.get(entry.file)
    const refusal = refused.get(entry.file)
    const conflict = refusal && placeConflict(entry, refusal, entries.get(refusal.by.file))
    return statusOf({ ...entry, ...(serving ? { serving } : {}), ...(conflict ? { conflict } : {}) })
  })
}

async function entryOf(file: string, since: number, compile: CompileDocument): Promise<DocumentEntry> {
  const read = await readText(file)
  const environment = { compile, nameOf: (path: string) => path, log: silentLog }
  if (read.ok) return compileEntry(environment, file, { kind: 'text', text: read.value }, since, undefined)
  const diagnostic =
    read.error.kind === 'unusable'
      ? read.error.diagnostic
      : wholeFile('GW1101', 'error', file, 'the file is no longer there')
  return compileEntry(environment, file, { kind: 'unusable', diagnostic }, since, undefined)
}
