import { type Document, isScalar, parseDocument, visit, type YAMLError } from 'yaml'
import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnoseAt } from './diagnose.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import { lineIndex } from './line-index.ts'
import { measure } from './measure.ts'
import { tooMuch } from './read-json.ts'
import type { ReadResult } from './read-source.ts'
import type { Range } from './source.ts'
import { yamlOffsets } from './yaml-offsets.ts'

/** Reads YAML 1.2 with the merge key of 1.1. Without a source, the diagnostics say why. */
export function readYaml(file: string, text: string): ReadResult {
  try {
    // The package compares every key with every other one; `repeatedKeys` does it in one pass.
    const options = { merge: true, prettyErrors: false, logLevel: 'error', uniqueKeys: false } as const
    return readParsed(file, text, parseDocument(text, options))
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
  problems.push(...repeatedKeys(file, document, range))
  if (problems.some(({ severity }) => severity === 'error')) return { diagnostics: problems }
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

const codeOf = (error: YAMLError): 'GW1102' | 'GW1106' => (error.name === 'YAMLWarning' ? 'GW1106' : 'GW1102')

/** Keys are compared as the texts that they become: `1` and `"1"` are one key. */
function repeatedKeys(
  file: string,
  document: Document.Parsed,
  range: (start: number, end: number) => Range,
): Diagnostic[] {
  const found: Diagnostic[] = []
  visit(document, {
    Map(_, { items }) {
      const names = new Set<unknown>()
      for (const { key } of items) {
        if (!isScalar(key) || typeof key.value === 'symbol') continue // a merge key adds, it does not replace
        const name = String(key.value)
        const [start, end] = key.range ?? [0, 0]
        if (names.has(name) && found.length < DOCUMENT_LIMITS.sameCode) {
          const message = `the key ${JSON.stringify(name)} stands twice in this object`
          const hint = 'keep one of them: readers do not agree on which one counts'
          found.push(diagnoseAt('GW1104', file, range(start, end), message, { hint }))
        }
        names.add(name)
      }
    },
  })
  return found
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
