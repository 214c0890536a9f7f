import { type AdminClient, declareAdmin } from '../admin-client.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { withGateway } from '../remote/with-gateway.ts'
import { allRows, type Row } from '../rows.ts'
import { textTable } from '../text-table.ts'

type Action = (client: AdminClient, base: string, args: Args, io: Io) => Promise<Row | readonly Row[] | undefined>

const ACTIONS: Readonly<Record<string, Action>> = {
  list: (client, base) => allRows(client, base),
  create: (client, base, { options }) => client.call('POST', base, bodyOf(options)),
  show: (client, base, args) => client.call('GET', `${base}/${clientOf(args)}`),
  rotate: (client, base, args) => {
    const { grace } = args.options
    return client.call('POST', `${base}/${clientOf(args)}/rotate`, typeof grace === 'string' ? { grace } : {})
  },
  remove: async (client, base, args) => {
    await client.call('DELETE', `${base}/${clientOf(args)}`)
    return undefined
  },
}

/** Client applications of an API. */
export const client: Command = {
  name: 'client',
  summary: 'register, list, rotate and remove the client applications of an API',
  declare(line) {
    declareAdmin(line)
      .argument('<action>', Object.keys(ACTIONS).join(' | '))
      .argument('<api>', 'id of the API')
      .argument('[client]', 'id of the client')
      .option('--name <name>', 'what people call it')
      .option('--redirect-uri <uri...>', 'where codes may be sent')
      .option('--scope <scope...>', 'what it may ask for')
      .option('--public', 'it cannot keep a secret')
      .option('--grace <duration>', 'how long the old secret goes on working (rotate)')
      .option('--json', 'for programs')
      .addHelpText('after', '\nA new secret is shown once, on standard output.')
  },
  run: (args: Args, io: Io) =>
    withGateway(args, io, async (admin) => {
      const [name = '', api = ''] = args.operands
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
      if (!action) throw new UsageError(`no action ${name}; there are ${Object.keys(ACTIONS).join(', ')}`)
      const answer = await action(admin, `/api/apis/oauth/${encodeURIComponent(api)}`, args, io)
      show(answer, args.options['json'] === true, io)
      return 0
    }),
}

function clientOf({ operands }: Args): string {
  if (operands[2] === undefined) throw new UsageError('which one? Name the client by its id')
  return encodeURIComponent(operands[2])
}

function bodyOf(options: Args['options']): Row {
  return {
    ...(options['redirectUri'] ? { redirect_uris: options['redirectUri'] } : {}),
    ...(options['name'] ? { name: options['name'] } : {}),
    ...(options['scope'] ? { scopes: options['scope'] } : {}),
    ...(options['public'] === true ? { client_type: 'public' } : {}),
  }
}

/** Lists as a table, single things member by member. */
export function show(answer: Row | readonly Row[] | undefined, json: boolean, io: Io): void {
  if (answer === undefined) return
  if (json) {
    io.stdout(`${JSON.stringify(answer, null, 2)}\n`)
    return
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null))
  if (!Array.isArray(answer)) io.stdout(textTable(Object.entries(answer).map(([key, value]) => [key, text(value)])))
  else if (answer.length > 0) {
    const rows = answer as readonly Row[]
    const columns = Object.keys(rows[0] ?? {}).filter((key) => rows.some((row) => typeof row[key] !== 'object'))
    io.stdout(textTable([columns, ...rows.map((row) => columns.map((key) => text(row[key] ?? '')))]))
  }
}
