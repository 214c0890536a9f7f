import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnoseAt } from './diagnose.ts'
import { countKeys, duplicateKeys } from './duplicate-keys.ts'
import { jsonOffsets } from './json-offsets.ts'
import { lineIndex } from './line-index.ts'
import { measure } from './measure.ts'
import type { ReadResult } from './read-source.ts'
import type { Source } from './source.ts'

/** Reads JSON; comments and trailing commas are hints. Without a source, the diagnostics say why. */
export function readJson(file: string, text: string): ReadResult {
  const strict = parseStrict(text)
  const { value, problems } = strict === undefined ? parseTolerant(file, text) : { value: strict, problems: [] }
  if (problems.some((problem) => problem.severity === 'error')) return { diagnostics: problems }
  const size = measure(value)
  if (size.excess) return { diagnostics: [tooMuch(file, size.excess)] }
  const mayRepeat = strict === undefined || countKeys(text) !== size.keys
  const repeated = mayRepeat ? repeatedKeys(file, text) : []
  return { source: jsonSource(file, text, value), diagnostics: [...problems, ...repeated] }
}

function parseStrict(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parseTolerant(file: string, text: string): { value: unknown; problems: Diagnostic[] } {
  const range = lineIndex(text)
  const strictErrors: ParseError[] = []
  const errors: ParseError[] = []
  try {
    const value: unknown = parse(text, errors, { allowTrailingComma: true })
    if (errors.length === 0) parse(text, strictErrors, { disallowComments: true })
    const problems = errors.slice(0, 20).map((error) => {
      const what = words(printParseErrorCode(error.error))
      return diagnoseAt('GW1102', file, range(error.offset, error.offset + error.length), `not JSON: ${what}`)
    })
    const tolerated = strictErrors.slice(0, 1).map((error) => {
      const comma = text.lastIndexOf(',', error.offset)
      const isComma = /^,\s*$/.test(text.slice(comma, error.offset)) && comma >= 0
      const offset = isComma ? comma : error.offset
      const message = isComma ? 'a trailing comma' : 'a comment, or another liberty that strict JSON does not have'
      return diagnoseAt('GW1103', file, range(offset, offset + 1), `${message}: other tools may refuse this file`)
    })
    return { value, problems: [...problems, ...tolerated] }
  } catch (error) {
    if (error instanceof RangeError) return { value: undefined, problems: [tooMuch(file, 'depth')] }
    throw error
  }
}

/** `PropertyNameExpected` → `property name expected`. */
const words = (name: string): string => name.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`).toLowerCase()

export function tooMuch(file: string, excess: 'depth' | 'values'): Diagnostic {
  const message = excess === 'depth' ? 'the document is nested too deeply' : 'the document holds too many values'
  return diagnoseAt('GW1105', file, { line: 1, column: 1, endLine: 1, endColumn: 1 }, message)
}

function repeatedKeys(file: string, text: string): Diagnostic[] {
  const range = lineIndex(text)
  return duplicateKeys(text)
    .slice(0, 100)
    .map(({ name, offset, length }) =>
      diagnoseAt(
        'GW1104',
        file,
        range(offset, offset + length),
        `the key ${JSON.stringify(name)} stands twice in this object`,
        { hint: 'keep one of them: readers do not agree on which one counts' },
      ),
    )
}

function jsonSource(file: string, text: string, value: unknown): Source {
  const offsets = jsonOffsets(text)
  const range = lineIndex(text)
  return {
    file,
    text,
    format: 'json',
    value,
    locate(path, part) {
      const at = offsets(path)
      return part === 'key' ? range(at.keyStart, at.keyEnd) : range(at.start, at.end)
    },
  }
}
