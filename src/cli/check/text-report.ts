import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { styleText } from 'node:util'
import type { Diagnostic, Severity } from '../../core/diagnostic.ts'
import type { Io } from '../command.ts'
import { codeFrame } from './code-frame.ts'
import type { Examined } from './examine.ts'
import { severityCounts } from './json-report.ts'
import { maskSecrets } from './mask-secrets.ts'
import { printable } from './printable.ts'

/**
 * For people: each diagnostic with its place, the line it is about and the hint; at the end how many there are. `texts` stand
 * in for files that say, or would say, something else than what was examined.
 */
export function textReport(
  { documents, diagnostics }: Examined,
  { colors, cwd }: Pick<Io, 'colors' | 'cwd'>,
  texts: ReadonlyMap<string, string> = new Map(),
): string {
  const paint: Paint = (format, text) => (colors ? styleText(format, text, { validateStream: false }) : text)
  const files = Map.groupBy(diagnostics, (diagnostic) => diagnostic.file)
  const blocks = [...files].flatMap(([file, group]) => {
    const lines = linesOf(texts.get(file) ?? textOf(resolve(cwd, file)))
    return group.map((diagnostic) => blockOf(diagnostic, frameOf(lines, diagnostic, group), paint))
  })
  return [...blocks, summaryOf(documents.length, diagnostics, paint)].join('\n')
}

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

const FORMAT = { error: 'red', warning: 'yellow', info: 'cyan', hint: 'gray' } as const satisfies Record<
  Severity,
  string
>

function blockOf(diagnostic: Diagnostic, frame: string, paint: Paint): string {
  const { file, line, column, severity, code, message, hint } = diagnostic
  const place = paint('bold', `${printable(file)}:${line}:${column}`)
  const head = `${place} ${paint(FORMAT[severity], severity)} ${code} ${printable(message)}\n`
  return head + frame + (hint === undefined ? '' : `      ${paint('cyan', 'hint:')} ${printable(hint)}\n`)
}

function frameOf(lines: readonly string[], diagnostic: Diagnostic, group: readonly Diagnostic[]): string {
  const line = lines[diagnostic.line - 1]
  const isAboutFile = diagnostic.pointer === '' && diagnostic.column === 1 && diagnostic.endLine === undefined
  if (line === undefined || line === '' || isAboutFile) return ''
  const here = group.filter((other) => other.line === diagnostic.line)
  return `${codeFrame(maskSecrets(line, here), diagnostic)}\n`
}

const linesOf = (text: string): string[] => text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)

/** Nothing when the file cannot be read: then the diagnostic says why. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function summaryOf(documents: number, diagnostics: readonly Diagnostic[], paint: Paint): string {
  const counts = severityCounts(diagnostics)
  const parts = (['error', 'warning', 'info', 'hint'] as const)
    .filter((severity) => counts[severity] > 0)
    .map((severity) => paint(FORMAT[severity], amount(counts[severity], severity)))
  return `${amount(documents, 'document')}: ${parts.length === 0 ? paint('green', 'nothing to remark') : parts.join(', ')}\n`
}

const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 || noun === 'info' ? '' : 's'}`
