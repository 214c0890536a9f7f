import { existsSync } from 'node:fs'
import { Option } from 'commander'
import { type ImportRequest, type ImportResult, importInto } from '../../admin/documents/import-into.ts'
import type { ImportOptions } from '../../api/import/import-options.ts'
import { hasErrors } from '../../core/diagnostic.ts'
import { textReport } from '../check/text-report.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { missingFolder, openDocumentFolder } from '../documents/open-folder.ts'
import { importJson, importText } from '../import/import-report.ts'
import { type ImportSource, importSources } from '../import/import-sources.ts'
import { progressOf } from '../progress.ts'

/** Brings plain OpenAPI documents under the gateway, and new versions of them. */
export const importDocuments: Command = {
  name: 'import',
  summary: 'make APIs of plain OpenAPI documents (2.0, 3.x), or merge new versions of them',
  declare(line) {
    line
      .argument('<source>', 'a file, a folder, a URL, or - for standard input')
      .option('--out <dir>', 'folder of the gateway’s documents', 'apis')
      .option('--id <id>', 'id of the API; by default made from the title')
      .option('--listen-path <path>', 'where it listens; by default /<id>/')
      .option('--upstream <url>', 'where requests go; by default the first absolute server')
      .option('--auth', 'requests must authenticate as the document says')
      .option('--login <url>', 'login page of the identity server, for OAuth flows that need one')
      .option('--allow-list', 'answer 404 and 405 to what the document does not declare')
      .option('--validate', 'validate requests against the document')
      .option('--mock', 'answer from the examples of the document')
      .addOption(
        new Option('--mode <mode>', 'what happens to an API that is there')
          .choices(['create', 'merge', 'replace'])
          .default('create'),
      )
      .option('--rename <old=new...>', 'an operation that has another name in the new version')
      .addOption(new Option('--prefer <side>', 'what stands where both sides changed').choices(['current', 'new']))
      .option('--dry-run', 'say what would happen, and write nothing')
      .option('--json', 'for programs')
      .addHelpText('after', '\nExits with 1 when something is not imported, with 2 when it was asked for wrongly.')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const sources = await importSources(operands[0] ?? '', io)
    const out = String(options['out'])
    const context = await contextFor([out], io.environment)
    const isMissing = options['dryRun'] === true && !existsSync(out)
    const { changes, find } = isMissing ? missingFolder(out, context) : await openDocumentFolder(out, context, true)
    const tell = progressOf(io, 'imported', sources.length)
    const taken = new Set<string>()
    const results: (readonly [ImportSource, ImportResult])[] = []
    for (const source of sources) {
      const request = requestOf(source, options, sources.length > 1)
      const result = await importInto(request, { changes, context, find, taken })
      if (result.id !== undefined) taken.add(result.id)
      results.push([source, result])
      tell(results.length)
    }
    report(results, options, io)
    return results.every(([, { kind }]) => DONE.has(kind)) ? 0 : 1
  },
}

const DONE: ReadonlySet<ImportResult['kind']> = new Set(['created', 'replaced', 'merged', 'unchanged'])

function requestOf({ from, url }: ImportSource, options: Args['options'], isMany: boolean): ImportRequest {
  if (isMany && (options['id'] !== undefined || options['listenPath'] !== undefined)) {
    throw new UsageError('--id and --listen-path are for one document, and there are several')
  }
  const prefer = options['prefer'] as ImportRequest['prefer']
  return {
    from,
    options: importOptions(options, url),
    mode: options['mode'] as ImportRequest['mode'],
    renames: renamesOf(options['rename']),
    ...(prefer ? { prefer } : {}),
    dryRun: options['dryRun'] === true,
  }
}

function importOptions(options: Args['options'], url: string | undefined): ImportOptions {
  const texts = {
    id: options['id'],
    listenPath: options['listenPath'],
    upstream: options['upstream'],
    login: options['login'],
    url,
  }
  return {
    ...Object.fromEntries(Object.entries(texts).filter(([, value]) => typeof value === 'string')),
    authentication: options['auth'] === true,
    allowList: options['allowList'] === true,
    validateRequest: options['validate'] === true,
    mockResponse: options['mock'] === true,
  }
}

function renamesOf(given: unknown): ReadonlyMap<string, string> {
  const pairs = Array.isArray(given) ? given.map(String) : []
  return new Map(
    pairs.map((pair) => {
      const [, from, to] = /^([^=]+)=(.+)$/.exec(pair) ?? []
      if (from === undefined || to === undefined) throw new UsageError(`--rename ${pair}: expected old=new`)
      return [from, to]
    }),
  )
}

function report(results: readonly (readonly [ImportSource, ImportResult])[], options: Args['options'], io: Io): void {
  const dry = options['dryRun'] === true
  if (options['json'] === true) {
    const shown = results.map(([{ name }, result]) => importJson(name, result, dry))
    io.stdout(`${JSON.stringify({ version: 1, results: shown }, null, 2)}\n`)
    return
  }
  for (const [{ name }, result] of results) io.stdout(importText(name, result, dry))
  const diagnostics = results.flatMap(([, result]) => result.diagnostics)
  const worth = diagnostics.filter(
    ({ severity, code }) => severity !== 'hint' && (severity !== 'info' || code.startsWith('GW6')),
  )
  const documents = results.map(([, { file = '' }]) => ({ file }))
  const texts = new Map(
    results.flatMap(([, { file, text }]) => (file && text !== undefined ? [[file, text] as const] : [])),
  )
  if (worth.length > 0)
    (hasErrors(worth) ? io.stderr : io.stdout)(`\n${textReport({ documents, diagnostics: worth }, io, texts)}`)
}
