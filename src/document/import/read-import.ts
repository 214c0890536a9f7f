import { type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import { diagnose } from '../diagnose.ts'
import { writtenDocument } from '../export/write-document.ts'
import { isObject, rootOf } from '../node.ts'
import { readSource } from '../read-source.ts'
import type { Source } from '../source.ts'
import { convertSwagger } from './swagger/convert-swagger.ts'

export interface ReadImport {
  /** An OpenAPI 3 document: the text as it came, or what a Swagger 2.0 document became. Missing where it cannot be read. */
  readonly text?: string
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads a text that is to be imported. Only Swagger 2.0 is converted; the losses are told, each at its place. */
export function readImport(file: string, text: string): ReadImport {
  const { source, diagnostics } = readSource(file, text)
  if (!source || hasErrors(diagnostics)) return { diagnostics }
  if (!isObject(source.value) || !String(source.value['swagger'] ?? '').startsWith('2'))
    return { text, diagnostics: [] }
  const { value, losses } = convertSwagger(source)
  const at = { source, path: ['swagger'] }
  const converted = diagnose('GW6001', at, 'value', 'this Swagger 2.0 document becomes one of OpenAPI 3.0.3')
  return { text: writtenDocument(value, source.format), diagnostics: [converted, ...losses, ...lostComments(source)] }
}

function lostComments(source: Source): Diagnostic[] {
  if (!/^\s*(?:#|\/\/)/m.test(source.text)) return []
  return [diagnose('GW6002', rootOf(source), 'key', 'the comments of the Swagger text are not carried over')]
}
