import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { editText } from '../../document/edit/edit-text.ts'
import { jsonPatch } from '../../document/edit/json-patch.ts'
import { mergePatch } from '../../document/edit/merge-patch.ts'
import { unifiedDiff } from '../../document/merge/unified-diff.ts'
import { readSource } from '../../document/read-source.ts'
import { maskSecrets } from '../check/mask-secrets.ts'
import { printable } from '../check/printable.ts'
import { textReport } from '../check/text-report.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { openDocumentFolder } from '../documents/open-folder.ts'
import { assignments } from '../edit/assignments.ts'

/** Changes the extension of a document where it stands in the text. */
export const edit: Command = {
  name: 'edit',
  summary: 'change settings in a document; comments, order and quotes stay',
  declare(line) {
    line
      .argument('<file>', 'a document')
      .option('--set <path=value...>', 'a setting below x-gateway (or a /json/pointer) and its value, as YAML')
      .option('--unset <path...>', 'a setting to remove')
      .option('--merge <patch>', 'JSON Merge Patch (RFC 7396) of the document: text, @file, or - for standard input')
      .option('--patch <patch>', 'JSON Patch (RFC 6902) of the document: text, @file, or - for standard input')
      .option('--dry-run', 'show the difference, and write nothing')
      .option('--json', 'for programs')
      .addHelpText('after', HELP)
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const file = operands[0] ?? ''
    if (!(await stat(file).catch(() => undefined))?.isFile()) throw new UsageError(`${file}: there is no such file`)
    const { changes } = await openDocumentFolder(dirname(file), await contextFor([file], io.environment), false)
    const named = join(dirname(file), basename(file))
    const before = (await changes.read(named)) ?? ''
    const after = await edited(file, before, options, io)
    const { status, diagnostics } = await changes.examine(named, after)
    if (status !== 'live') {
      const errors = diagnostics.filter(({ severity }) => severity === 'error')
      io.stderr(
        `not changed: the document could not be served\n${textReport({ documents: [], diagnostics: errors }, io)}`,
      )
      return 1
    }
    const outcome = options['dryRun'] === true ? 'dry' : (await changes.apply({ file: named, before, after })).kind
    if (outcome !== 'dry' && outcome !== 'done') {
      io.stderr(`${file}: somebody else changed it at the same time; nothing was written\n`)
      return 1
    }
    const diff = unifiedDiff(file, before, after) ?? ''
    const shown = diff.replaceAll(/^.*$/gm, (line) => printable(maskSecrets(line, [])))
    const json = {
      version: 1,
      file,
      changed: before !== after,
      written: outcome === 'done' && before !== after,
      diff: shown,
    }
    io.stdout(options['json'] === true ? `${JSON.stringify(json, null, 2)}\n` : shown)
    return 0
  },
}

const HELP = `
  gatehouse edit apis/pets.yaml --set upstream.timeout.total=10s --unset server.hosts
  gatehouse edit apis/pets.yaml --set '/paths/~1pets/get/x-gateway/timeout=2s'
  gatehouse edit apis/pets.yaml --merge '{"x-gateway":{"middleware":{"global":{"allowList":true}}}}'

A document that could not be served any more is not written: exit code 1.`

/** The text after all that was asked for, one thing after the other. Throws `UsageError`. */
async function edited(file: string, before: string, options: Args['options'], io: Io): Promise<string> {
  const { source } = readSource(file, before)
  if (!source) throw new UsageError(`${file}: it is neither JSON nor YAML; \`check\` says more`)
  let value = source.value
  if (options['merge'] !== undefined) value = mergePatch(value, await patchIn('--merge', options['merge'], io))
  const steps = [
    ...(options['patch'] === undefined ? [] : [await patchIn('--patch', options['patch'], io)].flat()),
    ...assignments(value, options['set'], options['unset']),
  ]
  const patched = jsonPatch(value, steps)
  if (!patched.ok) throw new UsageError(`operation ${patched.error.index}: ${patched.error.message}`)
  const result = editText(before, patched.value)
  if (!result.ok) throw new UsageError(`${file}: this cannot be written into the text as it stands`)
  return result.value
}

async function patchIn(option: string, given: unknown, io: Io): Promise<unknown> {
  const name = String(given)
  const text =
    name === '-'
      ? await io.stdin?.()
      : name.startsWith('@')
        ? await readFile(name.slice(1), 'utf8').catch(() => undefined)
        : name
  if (text === undefined) throw new UsageError(`${option} ${name}: cannot be read`)
  try {
    return parse(text) as unknown
  } catch {
    throw new UsageError(`${option}: neither JSON nor YAML`)
  }
}
