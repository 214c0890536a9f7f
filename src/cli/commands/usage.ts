import { type UsageLine, usageCsv } from '../../usage/usage-view.ts'
import { AdminCallError, type AdminClient, adminClient, declareAdmin } from '../admin-client.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { usageReport } from '../usage/report.ts'

/** How the APIs were used. */
export const usage: Command = {
  name: 'usage',
  summary: 'show how the APIs were used: by API, operation, client and status, over time',
  declare(line) {
    declareAdmin(line)
      .option('--from <time>', 'since when: an instant, or how long ago', '24h')
      .option('--to <time>', 'until when', '0s')
      .option('--by <dimensions>', 'what to tell apart: a list of api, operation, client, status, time', 'api')
      .option('--bucket <length>', 'minute (kept 6 hours), hour (14 days) or day (400 days)')
      .option('--api <id>', 'only this API')
      .option('--operation <id>', 'only this operation')
      .option('--client <id>', 'only this client')
      .option('--csv', 'a table for spreadsheets')
      .option('--json', 'one line of JSON for each')
  },
  async run(args, io) {
    if (args.operands.length > 0) throw new UsageError('usage takes no operands')
    try {
      await show(adminClient(args, io), args, io)
      return 0
    } catch (error) {
      if (!(error instanceof AdminCallError)) throw error
      io.stderr(`error: ${error.message}\n`)
      return 1
    }
  },
}

async function show(client: AdminClient, { options }: Args, io: Io): Promise<void> {
  const query = Object.fromEntries(
    ['from', 'to', 'bucket', 'api', 'operation', 'client'].flatMap((name) =>
      options[name] === undefined ? [] : [[name, String(options[name])]],
    ),
  )
  const by = String(options['by'])
  const page = await linesOf(client, { ...query, by })
  if (options['json']) {
    for (const line of page.lines) io.stdout(`${JSON.stringify(line)}\n`)
    return
  }
  const dimensions = by.split(',').filter((name) => name !== '')
  if (options['csv']) {
    io.stdout(usageCsv(page.lines, dimensions))
    return
  }
  const span = { from: page.from, to: page.to, bucket: page.bucket }
  const series = await linesOf(client, { ...query, ...span, by: 'time' })
  io.stdout(usageReport({ ...span, series: series.lines, lines: page.lines, dimensions }))
}

interface Lines {
  readonly from: string
  readonly to: string
  readonly bucket: string
  readonly lines: readonly UsageLine[]
}

/** All pages of an answer. */
async function linesOf(client: AdminClient, query: Readonly<Record<string, string>>): Promise<Lines> {
  const lines: UsageLine[] = []
  let after: string | undefined
  for (;;) {
    const parameters = new URLSearchParams({ ...query, limit: '1000', ...(after === undefined ? {} : { after }) })
    const page = await client.call('GET', `/api/usage?${parameters}`)
    lines.push(...(page['data'] as UsageLine[]))
    after = page['next'] as string | undefined
    if (after === undefined) {
      return { from: String(page['from']), to: String(page['to']), bucket: String(page['bucket']), lines }
    }
  }
}
