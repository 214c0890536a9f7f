import type { Stats } from 'node:fs'
import { stat } from 'node:fs/promises'
import { consumersOf } from '../../admin/declared/find-consumers-file.ts'
import { readPolicies } from '../../admin/declared/read-policies.ts'
import { documentCompiler } from '../../api/document-compiler.ts'
import { systemClock } from '../../core/clock.ts'
import { byPosition, type Diagnostic } from '../../core/diagnostic.ts'
import { silentLog } from '../../core/log.ts'
import type { CompileDocument, DocumentStatus } from '../../gateway/documents/document.ts'
import { openLibrary } from '../../gateway/library.ts'
import { UsageError } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { compileFiles } from './compile-files.ts'

/** What a check found. */
export interface Examined {
  readonly documents: readonly { readonly file: string; readonly id?: string }[]
  /** By file and position, none twice. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads and compiles documents as `serve` would: a folder as a whole, and all files that are named one by one together.
 * Throws `UsageError` for a path that is not there, and for a folder without documents. `tell` hears how many were compiled.
 */
export async function examine(
  paths: readonly string[],
  environment: (name: string) => string | undefined,
  tell: (done: number) => void = () => undefined,
): Promise<Examined> {
  const context = await contextFor(paths, environment)
  const compile = counted(documentCompiler(context), tell)
  const files: string[] = []
  const documents: DocumentStatus[] = []
  const remarks: Diagnostic[] = []
  for (const path of new Set(paths)) {
    if (!(await statusOf(path)).isDirectory()) {
      files.push(path)
      continue
    }
    const library = await openLibrary({ folder: path, compile, clock: systemClock, log: silentLog })
    if (library.documents().length === 0) throw new UsageError(`${path}: there is no OpenAPI document in this folder`)
    documents.push(...library.documents())
    const others = [
      ...((await consumersOf(path, context))?.diagnostics ?? []),
      ...(await readPolicies(path)).diagnostics,
    ]
    remarks.push(...library.diagnostics(), ...others)
  }
  const single = await compileFiles(files, compile)
  return {
    documents: [...documents, ...single].map(({ file, api }) => ({ file, ...(api ? { id: api.id } : {}) })),
    diagnostics: inOrder([...remarks, ...single.flatMap((document) => document.diagnostics)]),
  }
}

/** The same, and `tell` hears how often it was asked. */
function counted(compile: CompileDocument, tell: (done: number) => void): CompileDocument {
  let done = 0
  return async (file, text) => {
    const outcome = await compile(file, text)
    tell(++done)
    return outcome
  }
}

async function statusOf(path: string): Promise<Stats> {
  try {
    return await stat(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(
      code === 'ENOENT' ? `${path}: there is no such file or folder` : `${path}: cannot be read (${code})`,
    )
  }
}

/** What several documents share is said once. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const distinct = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]))
  return [...distinct.values()].sort(byPosition)
}
