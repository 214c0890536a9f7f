import { unifiedDiff } from '../../document/merge/unified-diff.ts'
import { declareAdmin } from '../admin-client.ts'
import { maskSecrets } from '../check/mask-secrets.ts'
import { printable } from '../check/printable.ts'
import { textReport } from '../check/text-report.ts'
import type { Args, Command, Io } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { type Comparison, compareDocuments } from '../remote/compare.ts'
import { withGateway } from '../remote/with-gateway.ts'

/** What a folder of documents would change in a running gateway. */
export const diff: Command = {
  name: 'diff',
  summary: 'compare the documents of a folder with those of a running gateway',
  declare(line) {
    declareAdmin(line)
      .argument('[dir]', 'folder of documents', 'apis')
      .option('--json', 'for programs')
      .addHelpText(
        'after',
        '\nExits with 0 when all is the same, with 2 on a difference, with 1 when it cannot be told.',
      )
  },
  run: (args: Args, io: Io) =>
    withGateway(args, io, async (client) => {
      const folder = args.operands[0] ?? 'apis'
      const { apis, broken } = await compareDocuments(folder, client, await contextFor([folder], io.environment), io)
      const differing = apis.filter(({ isSame }) => !isSame)
      if (args.options['json'] === true) {
        const shown = differing.map((api) => ({ id: api.id, change: changeOf(api), diff: diffOf(api) }))
        io.stdout(`${JSON.stringify({ version: 1, same: differing.length === 0, apis: shown, broken }, null, 2)}\n`)
      } else io.stdout(differing.map((api) => `${changeOf(api)} ${api.id}\n${diffOf(api)}`).join(''))
      if (broken.length > 0) io.stderr(textReport({ documents: [], diagnostics: broken }, io))
      return broken.length > 0 ? 1 : differing.length > 0 ? 2 : 0
    }),
}

/** What `apply` would do; what is only there is removed with `--prune`. */
const changeOf = ({ local, served }: Comparison): string => (!served ? 'new' : !local ? 'only-there' : 'changed')

function diffOf({ id, local, served }: Comparison): string {
  if (!local || !served) return ''
  const found = unifiedDiff(id, served.text, local.text)
  if (found === undefined) return 'nearly everything differs\n'
  return found.replaceAll(/^.*$/gm, (line) => printable(maskSecrets(line, [])))
}
