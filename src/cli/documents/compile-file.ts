import { dirname } from 'node:path'
import type { Api } from '../../api/api.ts'
import type { CompileContext } from '../../api/compile-context.ts'
import { compileDocument } from '../../api/compile-document.ts'
import { openFolder } from '../../document/folder.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import { textReport } from '../check/text-report.ts'
import { type Io, UsageError } from '../command.ts'

export interface CompiledFile {
  readonly file: string
  readonly text: string
  readonly api: Api
  readonly document: ApiDocument
}

/** A document that can be served; of any other, the errors are reported, and the answer is undefined. Throws `UsageError`. */
export async function compileFile(file: string, context: CompileContext, io: Io): Promise<CompiledFile | undefined> {
  const read = await readText(file)
  if (!read.ok) {
    throw new UsageError(
      read.error.kind === 'missing' ? `${file}: there is no such file` : `${file}: ${read.error.diagnostic.message}`,
    )
  }
  const { api, document, diagnostics } = compileDocument(file, read.value, openFolder(dirname(file)), context)
  if (api && document) return { file, text: read.value, api, document }
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  io.stderr(textReport({ documents: [{ file }], diagnostics: errors }, io))
  return undefined
}
