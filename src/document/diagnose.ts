import type { Diagnostic } from '../core/diagnostic.ts'
import { type JsonPath, toPointer } from '../core/json-pointer.ts'
import { DIAGNOSTIC_CODES, type DiagnosticCode } from './codes.ts'
import type { Range, Source } from './source.ts'

/** A value in a text, whether or not it exists. */
export interface Place {
  readonly source: Source
  readonly path: JsonPath
}

/** A diagnostic about the key or the value at a place. */
export function diagnose(
  code: DiagnosticCode,
  place: Place,
  part: 'key' | 'value',
  message: string,
  hint?: string,
): Diagnostic {
  const range = place.source.locate(place.path, part)
  return diagnoseAt(code, place.source.file, range, message, { pointer: toPointer(place.path), hint })
}

/** A diagnostic about a stretch of text. An end on another line is left out: nobody underlines a whole block. */
export function diagnoseAt(
  code: DiagnosticCode,
  file: string,
  range: Range,
  message: string,
  more: { readonly pointer?: string; readonly hint?: string | undefined } = {},
): Diagnostic {
  const { line, column, endLine, endColumn } = range
  return {
    code,
    severity: DIAGNOSTIC_CODES[code].severity,
    message,
    ...(more.hint === undefined ? {} : { hint: more.hint }),
    file,
    line,
    column,
    ...(endLine === line ? { endLine, endColumn } : {}),
    pointer: more.pointer ?? '',
  }
}
