import type { Diagnostic } from '../../core/diagnostic.ts'
import { printable, widthOf } from './printable.ts'

/** Characters of a line that are shown: a document may be one long line. */
const SHOWN = 100
const BEFORE = 40

/**
 * The line that a diagnostic is about, with its number, and carets below what is meant:
 *
 *      12 |   listenPaht: /pets/
 *         |   ^^^^^^^^^^
 */
export function codeFrame(line: string, { line: number, column, endLine, endColumn }: Diagnostic): string {
  const start = Math.min(column - 1, line.length)
  const end = endLine === undefined || endLine === number ? (endColumn ?? column + 1) - 1 : line.length
  const from = line.length <= SHOWN || start <= BEFORE ? 0 : start - BEFORE
  const until = Math.min(line.length, from + SHOWN)
  const shown = (text: string): string => printable(text.replaceAll('\t', '  '))
  const lead = from > 0 ? '…' : ''
  const text = `${lead}${shown(line.slice(from, until))}${until < line.length ? '…' : ''}`
  const before = widthOf(lead + shown(line.slice(from, start)))
  const carets = Math.max(1, widthOf(shown(line.slice(start, Math.min(end, until)))))
  const margin = String(number).padStart(5)
  return `${margin} | ${text}\n${' '.repeat(margin.length)} | ${' '.repeat(before)}${'^'.repeat(carets)}`
}
