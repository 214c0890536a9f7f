import { type AdminClient, declareAdmin } from '../admin-client.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { withGateway } from '../remote/with-gateway.ts'
import { allRows, type Row } from '../rows.ts'
import { show } from './client.ts'

type Action = (client: AdminClient, operands: readonly string[], io: Io) => Promise<Row | readonly Row[] | undefined>

const ACTIONS: Readonly<Record<string, Action>> = {
  async list(admin, [api, client]) {
    return allRows(admin, `/api/apis/oauth/${need(api, 'API')}/${need(client, 'client')}/tokens`)
  },
  async revoke(admin, [client, given], io) {
    const token = given === '-' || given === undefined ? ((await io.stdin?.()) ?? '').trim() : given
    if (token === '') throw new UsageError('which token? Write it on standard input')
    await admin.call('POST', `/api/apis/oauth/${need(client, 'client')}/revoke`, { token })
    return undefined
  },
  async 'revoke-all'(admin, [client]) {
    await admin.call('POST', `/api/apis/oauth/${need(client, 'client')}/revoke_all`)
    return undefined
  },
}

/** Access tokens of a client: which live, and their end. */
export const token: Command = {
  name: 'token',
  summary: 'list the live tokens of a client, and revoke one or all of them',
  declare(line) {
    declareAdmin(line)
      .argument('<action>', 'list <api> <client> | revoke <client> [token] | revoke-all <client>')
      .argument('[operand...]', 'ids; a token better comes on standard input, where nobody else sees it')
      .option('--json', 'for programs')
  },
  run: (args: Args, io: Io) =>
    withGateway(args, io, async (admin) => {
      const [name = '', ...operands] = args.operands
      const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
      if (!action) throw new UsageError(`no action ${name}; there are ${Object.keys(ACTIONS).join(', ')}`)
      show(await action(admin, operands, io), args.options['json'] === true, io)
      return 0
    }),
}

function need(id: string | undefined, what: string): string {
  if (id === undefined) throw new UsageError(`which ${what}? Name it by its id`)
  return encodeURIComponent(id)
}
