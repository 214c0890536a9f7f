import { type Document, parseDocument, type YAMLError } from 'yaml'
import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnoseAt } from './diagnose.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import { lineIndex } from './line-index.ts'
import { measure } from './measure.ts'
import { tooMuch } from './read-json.ts'
import type { ReadResult } from './read-source.ts'
import { yamlOffsets } from './yaml-offsets.ts'

/** Reads YAML 1.2 with the merge key of 1.1. Without a source, the diagnostics say why. */
export function readYaml(file: string, text: string): ReadResult {
  try {
    return readParsed(file, text, parseDocument(text, { merge: true, prettyErrors: false, logLevel: 'error' }))
  } catch (error) {
    // The parser recurses: nesting beyond the stack is nesting beyond every limit.
    if (error instanceof RangeError) return { diagnostics: [tooMuch(file, 'depth')] }
    const start = { line: 1, column: 1, endLine: 1, endColumn: 1 }
    const why = error instanceof Error ? error.message : String(error)
    return { diagnostics: [diagnoseAt('GW1102', file, start, `not YAML: ${why}`)] }
  }
}

function readParsed(file: string, text: string, document: Document.Parsed): ReadResult {
  const range = lineIndex(text)
  const problems = [...document.errors, ...document.warnings].slice(0, 20).map((error) => {
    return diagnoseAt(codeOf(error), file, range(error.pos[0], error.pos[1]), error.message)
  })
  if (document.errors.length > 0) return { diagnostics: problems }
  const expanded = expand(file, document)
  if (!expanded.ok) return { diagnostics: [...problems, expanded.problem] }
  const size = measure(expanded.value)
  if (size.excess) return { diagnostics: [...problems, tooMuch(file, size.excess)] }
  const offsets = yamlOffsets(document)
  return {
    source: {
      file,
      text,
      format: 'yaml',
      value: expanded.value,
      locate(path, part) {
        const at = offsets(path)
        return part === 'key' ? range(at.keyStart, at.keyEnd) : range(at.start, at.end)
      },
    },
    diagnostics: problems,
  }
}

function codeOf(error: YAMLError): 'GW1102' | 'GW1104' | 'GW1106' {
  if (error.name === 'YAMLWarning') return 'GW1106'
  return error.code === 'DUPLICATE_KEY' ? 'GW1104' : 'GW1102'
}

type Expanded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Diagnostic }

/** Aliases become values here; the package throws a ReferenceError when they multiply or lead nowhere. */
function expand(file: string, document: Document.Parsed): Expanded {
  try {
    return { ok: true, value: document.toJS({ maxAliasCount: DOCUMENT_LIMITS.aliases }) }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    const start = { line: 1, column: 1, endLine: 1, endColumn: 1 }
    return { ok: false, problem: diagnoseAt('GW1105', file, start, `aliases: ${error.message}`) }
  }
}
