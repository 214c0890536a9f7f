import { readFile, stat } from 'node:fs/promises'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { err, ok, type Result } from '../../core/result.ts'
import { isReadTrouble } from './read-trouble.ts'

/** Bytes; what is larger is not even read. Whether a text is too long to compile is decided by who compiles it. */
const LARGEST = 256 * 1024 * 1024

/** Why there is no text: the file is not there (any more), or it cannot be used. */
export type NoText = { readonly kind: 'missing' } | Unusable

export interface Unusable {
  readonly kind: 'unusable'
  readonly diagnostic: Diagnostic
  /** The system could not read it; that may pass without the file being written. */
  readonly passing?: true
}

/** The text of a regular file in UTF-8. Never throws. */
export async function readText(file: string): Promise<Result<string, NoText>> {
  try {
    const { size, isFile } = await statusOf(file)
    if (!isFile) return unusable(file, 'this is not a regular file')
    if (size > LARGEST) return unusable(file, `the file is larger than ${LARGEST / 1024 ** 2} MiB`)
    return ok(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file)))
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return err({ kind: 'missing' })
    const encoding = code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    const message = encoding ? 'the file is not UTF-8' : `the file cannot be read (${code ?? 'unknown reason'})`
    return unusable(file, message, isReadTrouble(error))
  }
}

async function statusOf(file: string): Promise<{ readonly size: number; readonly isFile: boolean }> {
  const status = await stat(file)
  return { size: status.size, isFile: status.isFile() }
}

function unusable(file: string, message: string, passing = false): Result<never, NoText> {
  const diagnostic = wholeFile('GW1101', 'error', file, message)
  return err({ kind: 'unusable', diagnostic, ...(passing ? { passing } : {}) })
}

/** A diagnostic about a file as a whole. */
export function wholeFile(
  code: string,
  severity: Diagnostic['severity'],
  file: string,
  message: string,
  hint?: string,
): Diagnostic {
  return { code, severity, message, ...(hint === undefined ? {} : { hint }), file, line: 1, column: 1, pointer: '' }
}
