import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Option } from 'commander'
import { compileDocument } from '../../api/compile-document.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import { openFolder } from '../../document/folder.ts'
import { findFiles } from '../../gateway/documents/find-files.ts'
import { isMeantAsDocument } from '../../gateway/documents/is-document.ts'
import { readText } from '../../gateway/documents/read-text.ts'
import { auditDocument } from '../audit/audit-document.ts'
import { isIgnored, readIgnoreList } from '../audit/ignore-list.ts'
import { AUDIT_RULES } from '../audit/rules.ts'
import type { Examined } from '../check/examine.ts'
import { jsonReport } from '../check/json-report.ts'
import { sarifReport } from '../check/sarif-report.ts'
import { textReport } from '../check/text-report.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { progressOf } from '../progress.ts'
import { textTable } from '../text-table.ts'

const IGNORE_FILE = '.gatehouse-audit'

/** What works, but should not be wanted. */
export const audit: Command = {
  name: 'audit',
  summary: 'what documents should not want: literal secrets, PKCE off, open CORS, tokens over plain HTTP …',
  declare(line) {
    line
      .argument('[path...]', 'documents, or folders of documents', ['apis'])
      .addOption(new Option('--format <format>', 'how to report').choices(['text', 'json', 'sarif']).default('text'))
      .option('--json', 'the same as --format json')
      .addOption(
        new Option('--fail-on <severity>', 'what fails the audit').choices(['error', 'warning']).default('error'),
      )
      .option(
        '--ignore <file>',
        `findings to live with: a line "RULE [FILE[#POINTER]] # reason" each; default ${IGNORE_FILE}`,
      )
      .option('--rules', 'list the rules')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    if (options['rules'] === true) {
      io.stdout(textTable(AUDIT_RULES.map(({ id, severity, title }) => [id, severity, title])))
      return 0
    }
    const ignored = await ignoreList(options['ignore'], io)
    const { documents, diagnostics } = await audited(operands.length > 0 ? operands : ['apis'], io)
    const left = { documents, diagnostics: diagnostics.filter((finding) => !isIgnored(finding, ignored)) }
    io.stdout(reportOf(options['json'] === true ? 'json' : String(options['format']), left, io))
    const skipped = diagnostics.length - left.diagnostics.length
    if (skipped > 0) io.stderr(`${skipped} finding${skipped === 1 ? '' : 's'} ignored\n`)
    const isFailing = ({ severity }: Diagnostic): boolean =>
      severity === 'error' || (severity === 'warning' && options['failOn'] === 'warning')
    return left.diagnostics.some(isFailing) ? 1 : 0
  },
}

function reportOf(format: string, examined: Examined, io: Io): string {
  if (format === 'json') return jsonReport(examined)
  return format === 'sarif' ? sarifReport(examined, RULES) : textReport(examined, io)
}

const RULES = new Map(AUDIT_RULES.map(({ id, severity, title }) => [id, { severity, meaning: title }]))

async function ignoreList(given: unknown, io: Io) {
  const file = typeof given === 'string' ? given : join(io.cwd, IGNORE_FILE)
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (typeof given === 'string' || error.code !== 'ENOENT')
      throw new UsageError(`${file}: cannot be read (${error.code})`)
    return ''
  })
  return readIgnoreList(text, file)
}

async function audited(paths: readonly string[], io: Io): Promise<Examined> {
  const files = (await Promise.all(paths.map(filesOf))).flat()
  const context = await contextFor(paths, io.environment)
  const tell = progressOf(io, 'audited', files.length)
  const diagnostics: Diagnostic[] = []
  const documents: { readonly file: string; readonly id?: string }[] = []
  for (const [index, file] of files.entries()) {
    const read = await readText(file)
    if (!read.ok) throw new UsageError(`${file}: cannot be read`)
    const { api, document, diagnostics: told } = compileDocument(file, read.value, openFolder(dirname(file)), context)
    if (document) diagnostics.push(...auditDocument({ document, ...(api ? { api } : {}), diagnostics: told }))
    if (!api) diagnostics.push(...told.filter(({ severity }) => severity === 'error'))
    documents.push({ file, ...(api ? { id: api.id } : {}) })
    tell(index + 1)
  }
  return { documents, diagnostics }
}

async function filesOf(path: string): Promise<readonly string[]> {
  const status = await stat(path).catch(() => undefined)
  if (!status) throw new UsageError(`${path}: there is no such file or folder`)
  if (!status.isDirectory()) return [path]
  const { files } = await findFiles(path)
  const meant: string[] = []
  for (const file of files) {
    const read = await readText(file)
    if (read.ok && isMeantAsDocument(read.value)) meant.push(file)
  }
  return meant
}
