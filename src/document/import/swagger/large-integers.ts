import type { JsonPath } from '../../../core/json-pointer.ts'
import type { Source } from '../../source.ts'
import type { Losses } from './losses.ts'

/** Tells of integers beyond 2^53 that are written anew with other digits, because no double has their value. */
export function loseLargeIntegers(source: Source, losses: Losses): void {
  const textAt = textsOf(source)
  const seen = new Set<unknown>()
  const visit = (value: unknown, path: JsonPath): void => {
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      const written = textAt(path)
      if (/^[-+]?\d+$/.test(written) && written !== String(value)) {
        losses.lose(path, `the integer ${written} becomes ${value}: those beyond 2^53 are rounded`)
      }
    }
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    for (const [name, member] of Object.entries(value)) visit(member, [...path, name])
  }
  visit(source.value, [])
}

/** Gives values as they are written; empty where one takes more than a line. */
function textsOf({ text, locate }: Source): (path: JsonPath) => string {
  let lines: readonly string[] | undefined
  return (path) => {
    const { line, column, endLine, endColumn } = locate(path, 'value')
    lines ??= text.split(/\r\n|\n|\r/)
    return line === endLine ? (lines[line - 1]?.slice(column - 1, endColumn - 1) ?? '') : ''
  }
}
