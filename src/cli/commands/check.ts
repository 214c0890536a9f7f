import { isAbsolute, relative } from 'node:path'
import { Option } from 'commander'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { type Examined, examine } from '../check/examine.ts'
import { jsonReport } from '../check/json-report.ts'
import { sarifReport } from '../check/sarif-report.ts'
import { textReport } from '../check/text-report.ts'
import type { Args, Command, Io } from '../command.ts'
import { progressOf } from '../progress.ts'

const REPORTS: Readonly<Record<string, (examined: Examined, io: Io) => string>> = {
  text: textReport,
  json: jsonReport,
  sarif: (examined) => sarifReport(examined),
}

/** Says everything there is to say about documents, without serving them. */
export const check: Command = {
  name: 'check',
  summary: 'all diagnostics of documents, with file, line, column, code and hint',
  declare(line) {
    line
      .argument('<path...>', 'documents, or folders of documents')
      .addOption(new Option('--format <format>', 'how to report').choices(Object.keys(REPORTS)).default('text'))
      .option('--json', 'the same as --format json')
      .addOption(
        new Option('--fail-on <severity>', 'what fails the check').choices(['error', 'warning']).default('error'),
      )
      .addHelpText('after', '\nExits with 1 when the check fails, with 2 when it was asked for wrongly.')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const examined = shownIn(io.cwd, await examine(operands, io.environment, progressOf(io, 'checked')))
    const report = REPORTS[options['json'] === true ? 'json' : String(options['format'])] ?? textReport
    io.stdout(report(examined, io))
    return fails(examined.diagnostics, options['failOn'] === 'warning') ? 1 : 0
  },
}

const fails = (diagnostics: readonly Diagnostic[], onWarning: boolean): boolean =>
  diagnostics.some(({ severity }) => severity === 'error' || (onWarning && severity === 'warning'))

/** Files below the working folder by their way from there. */
function shownIn(cwd: string, examined: Examined): Examined {
  const shown = (file: string): string => {
    const way = relative(cwd, file)
    return isAbsolute(file) && !way.startsWith('..') && !isAbsolute(way) ? way : file
  }
  return {
    documents: examined.documents.map((document) => ({ ...document, file: shown(document.file) })),
    diagnostics: examined.diagnostics.map((diagnostic) => ({ ...diagnostic, file: shown(diagnostic.file) })),
  }
}
