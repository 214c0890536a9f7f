import type { Diagnostic } from '../core/diagnostic.ts'
import { diagnoseAt } from './diagnose.ts'
import { DOCUMENT_LIMITS } from './limits.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import type { Source } from './source.ts'

export interface ReadResult {
  /** Missing when the text cannot be read at all. */
  readonly source?: Source
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads a text as JSON or YAML, whichever it is: the name of the file does not count. Never throws.
 * What begins like JSON is tried as JSON first; it may still be YAML, which has braces too.
 */
export function readSource(file: string, raw: string): ReadResult {
  const text = raw.charCodeAt(0) === 0xfeff ? raw.slice(1) : raw
  if (text.length > DOCUMENT_LIMITS.jsonLength) return { diagnostics: [tooLarge(file)] }
  const json = /^\s*(?:[[{]|\/[/*])/.test(text) ? readJson(file, text) : undefined
  if (json && !json.diagnostics.some((diagnostic) => diagnostic.code === 'GW1102')) return json
  if (isTooMuchYaml(text)) return json ?? { diagnostics: [tooLarge(file)] }
  const yaml = readYaml(file, text)
  return yaml.source || !json ? yaml : json
}

/** What costs time is not the length of a YAML text, but how many values it may hold. */
function isTooMuchYaml(text: string): boolean {
  if (text.length > DOCUMENT_LIMITS.yamlLength) return true
  let marks = 0
  for (const _ of text.matchAll(/[\n,[{]/g)) if (++marks > DOCUMENT_LIMITS.yamlMarks) return true
  return false
}

function tooLarge(file: string): Diagnostic {
  const { jsonLength, yamlLength } = DOCUMENT_LIMITS
  return diagnoseAt('GW1101', file, { line: 1, column: 1, endLine: 1, endColumn: 1 }, 'the file is too large', {
    hint: `at most ${jsonLength / 1024 ** 2} MiB as JSON, ${yamlLength / 1024 ** 2} MiB as YAML`,
  })
}
