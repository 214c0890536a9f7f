import { AdminCallError, type AdminClient, declareAdmin } from '../admin-client.ts'
import { printable } from '../check/printable.ts'
import { textReport } from '../check/text-report.ts'
import type { Args, Command, Io } from '../command.ts'
import { contextFor } from '../documents/context-for.ts'
import { progressOf } from '../progress.ts'
import { type Compared, type Comparison, compareDocuments } from '../remote/compare.ts'
import { withGateway } from '../remote/with-gateway.ts'

/** Makes a running gateway serve what a folder of documents says. */
export const apply: Command = {
  name: 'apply',
  summary: 'push the documents of a folder to a running gateway',
  declare(line) {
    declareAdmin(line)
      .argument('[dir]', 'folder of documents', 'apis')
      .option('--prune', 'remove APIs that are not in the folder')
      .option('--dry-run', 'say what would happen, and change nothing')
      .option('--json', 'for programs')
      .addHelpText(
        'after',
        '\nA document that the gateway refuses does not stop the others; the exit code is 1 then.\nWhile a document of the folder cannot be served, nothing is removed: the exit code is 1 as well.',
      )
  },
  run: (args: Args, io: Io) =>
    withGateway(args, io, async (client) => {
      const { options, operands } = args
      const compared = await compareDocuments(
        operands[0] ?? 'apis',
        client,
        await contextFor([operands[0] ?? 'apis'], io.environment),
        io,
      )
      const { wanted, withheld } = decided(compared, options['prune'] === true)
      const dry = options['dryRun'] === true
      const outcomes = await applyAll(client, wanted, dry, progressOf(io, 'applied', wanted.length))
      const { apis, broken, unsettled } = compared
      const unchanged = apis.length - wanted.length - withheld.length
      if (options['json'] === true)
        io.stdout(`${JSON.stringify({ version: 1, outcomes, unchanged, withheld, broken }, null, 2)}\n`)
      else io.stdout(outcomes.map(lineOf).join('') + (unchanged > 0 ? `${unchanged} unchanged\n` : ''))
      if (broken.length > 0) io.stderr(textReport({ documents: [], diagnostics: broken }, io))
      if (withheld.length > 0) io.stderr(withheldText(withheld, unsettled))
      return unsettled.length > 0 || outcomes.some(({ error }) => error !== undefined) ? 1 : 0
    }),
}

interface Decided {
  readonly wanted: readonly Comparison[]
  /** Ids of APIs that would be removed if every document here could be served. */
  readonly withheld: readonly string[]
}

/** An API that is only there may be that of a document here which has an error: who cannot tell, removes nothing. */
function decided({ apis, unsettled }: Compared, prune: boolean): Decided {
  const pushed = apis.filter(({ isSame, local }) => !isSame && local)
  const onlyThere = prune ? apis.filter(({ local }) => !local) : []
  if (unsettled.length > 0) return { wanted: pushed, withheld: onlyThere.map(({ id }) => id) }
  return { wanted: [...pushed, ...onlyThere], withheld: [] }
}

function withheldText(withheld: readonly string[], unsettled: readonly string[]): string {
  const [kept, files] = [withheld.join(', '), unsettled.join(', ')]
  return `${printable(`nothing is removed while a document of the folder cannot be served (${files}); kept: ${kept}`)}\n`
}

interface Outcome {
  readonly id: string
  readonly action: 'create' | 'replace' | 'remove'
  readonly error?: string
}

const lineOf = ({ id, action, error }: Outcome): string =>
  error === undefined ? `${action} ${id}\n` : `${action} ${id} FAILED: ${error}\n`

/** What goes makes room before others come; what was refused is tried once more, because others may have made room since. */
async function applyAll(
  client: AdminClient,
  wanted: readonly Comparison[],
  dry: boolean,
  tell: (done: number) => void,
): Promise<readonly Outcome[]> {
  const ordered = [...wanted].sort((a, b) => Number(a.local !== undefined) - Number(b.local !== undefined))
  const outcomes = new Map<string, Outcome>()
  for (const round of [1, 2]) {
    for (const api of ordered) {
      if (round === 2 && outcomes.get(api.id)?.error === undefined) continue
      outcomes.set(api.id, await applyOne(client, api, dry))
      tell(outcomes.size)
    }
    if (dry) break
  }
  return [...outcomes.values()]
}

/** `If-Match` is what was compared with: what somebody changed since is not overwritten. */
async function applyOne(client: AdminClient, { id, local, served }: Comparison, dry: boolean): Promise<Outcome> {
  const action = !local ? 'remove' : served ? 'replace' : 'create'
  const query = dry ? '?dryRun=true' : ''
  const path = `/api/apis/${encodeURIComponent(id)}${query}`
  const condition = served ? { ifMatch: served.etag } : {}
  try {
    if (!local) await client.send('DELETE', path, condition)
    else if (served) await client.send('PUT', path, { text: local.text, ...condition })
    else await client.send('POST', `/api/apis${query}`, { text: local.text })
    return { id, action }
  } catch (error) {
    if (!(error instanceof AdminCallError) || error.status === undefined) throw error
    return { id, action, error: error.message }
  }
}
