import { effectiveApi } from '../../api/effective/effective-api.ts'
import { effectiveGlobal, effectiveOperation } from '../../api/effective/effective-operation.ts'
import type { EffectiveSetting } from '../../api/effective/walk-settings.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { compileFile } from '../documents/compile-file.ts'
import { contextFor } from '../documents/context-for.ts'
import { textTable } from '../text-table.ts'

/** What really holds, and why. */
export const effective: Command = {
  name: 'effective',
  summary: 'every setting that holds for an API or an operation, with where it comes from',
  declare(line) {
    line
      .argument('<file>', 'a document')
      .argument('[operation]', 'an operationId, or "METHOD /path"')
      .option('--json', 'for programs')
      .addHelpText('after', '\nReferences (env:, file:) are shown as they are written; literal secrets are masked.')
  },
  async run({ operands, options }: Args, io: Io): Promise<number> {
    const [file = '', key] = operands
    const context = await contextFor([file], io.environment)
    const compiled = await compileFile(file, context, io)
    if (!compiled) return 1
    const { document, api } = compiled
    const operation = key === undefined ? undefined : effectiveOperation(document, api, key, context)
    if (key !== undefined && !operation) throw new UsageError(`${file}: no operation is called ${key}; see \`routes\``)
    const settings = operation?.settings ?? [...effectiveApi(document, api), ...effectiveGlobal(document, context)]
    const what = operation ? { api: api.id, operation: operation.name } : { api: api.id }
    if (options['json'] === true) io.stdout(`${JSON.stringify({ version: 1, ...what, settings }, null, 2)}\n`)
    else io.stdout(textTable(settings.map(rowOf)))
    return 0
  },
}

const rowOf = ({ path, value, from }: EffectiveSetting): string[] => [path, JSON.stringify(value), from]
