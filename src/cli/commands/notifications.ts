import { systemClock } from '../../core/clock.ts'
import { AdminCallError, type AdminClient, adminClient, declareAdmin } from '../admin-client.ts'
import { type Args, type Command, type Io, UsageError } from '../command.ts'
import { filterOf } from '../notifications/filter.ts'
import { follow } from '../notifications/follow.ts'
import { endpointLine, notificationLine, notificationText } from '../notifications/lines.ts'
import { type Row, rowsOf } from '../rows.ts'

type Action = (client: AdminClient, args: Args, io: Io) => Promise<void>

/** What can be done; `list` is what is done when nothing is said. */
const ACTIONS: Readonly<Record<string, Action>> = {
  list: listOrFollow,
  show: showOne,
  replay,
  endpoints: listEndpoints,
  test: onEndpoint('test', ({ id }) => `sent as ${id}`),
  enable: onEndpoint('enable', ({ state }) => `the endpoint is ${state}`),
  disable: onEndpoint('disable', ({ state }) => `the endpoint is ${state}`),
}

/** Deliveries of notifications: what became of them, and sending them again. */
export const notifications: Command = {
  name: 'notifications',
  summary: 'list, follow and replay notifications, and see how their receivers fare',
  declare(line) {
    declareAdmin(line)
      .argument('[action]', Object.keys(ACTIONS).join(' | '), 'list')
      .argument('[id]', 'a notification (show, replay) or an endpoint (test, enable, disable)')
      .option('--follow', 'go on showing deliveries as they happen')
      .option('--endpoint <id>', 'only those of this endpoint')
      .option('--api <id>', 'only those of this API')
      .option('--state <state>', 'queued, retrying, delivered or dead')
      .option('--type <event>', 'only this event, such as oauth.token.issued')
      .option('--client <id>', 'only those of this client')
      .option('--since <time>', 'only what changed since: an instant, or how long ago ("2h")')
      .option('--until <time>', 'only what changed before')
      .option('--limit <number>', 'how many to list at most', '50')
      .option('--json', 'one line of JSON for each')
      .addHelpText('after', HELP)
  },
  async run(args, io) {
    const [name = 'list'] = args.operands
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined
    if (!action) throw new UsageError(`no action ${name}; there are ${Object.keys(ACTIONS).join(', ')}`)
    try {
      await action(adminClient(args, io), args, io)
      return 0
    } catch (error) {
      if (!(error instanceof AdminCallError)) throw error
      io.stderr(`error: ${error.message}\n`)
      return 1
    }
  },
}

const HELP = `
  gatehouse notifications --follow
  gatehouse notifications replay msg_…
  gatehouse notifications replay --state dead --since 2h      dead letters unless --state says else
  gatehouse notifications enable step-on.oauth.default`

async function listOrFollow(client: AdminClient, args: Args, io: Io): Promise<void> {
  const { options } = args
  const filter = filterOf(args, systemClock.now())
  const show = (row: Row): void => io.stdout(`${options['json'] ? JSON.stringify(row) : notificationLine(row)}\n`)
  if (options['follow']) {
    const since = filter['since'] === undefined ? systemClock.now() : Date.parse(filter['since'])
    return follow(client, filter, since, show)
  }
  for await (const row of rowsOf(client, '/api/notifications', { query: filter, most: limitOf(args) })) show(row)
}

function limitOf({ options }: Args): number {
  const text = String(options['limit'])
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError('--limit: a whole number from 1 to 999999999')
  return Number(text)
}

async function showOne(client: AdminClient, args: Args, io: Io): Promise<void> {
  const row = await client.call('GET', `/api/notifications/${target(args, 'a notification')}`)
  io.stdout(`${args.options['json'] ? JSON.stringify(row) : notificationText(row)}\n`)
}

async function replay(client: AdminClient, args: Args, io: Io): Promise<void> {
  if (args.operands[1] !== undefined) {
    const id = target(args, 'a notification')
    await client.call('POST', `/api/notifications/${id}/replay`)
    io.stdout(`${id} is sent again\n`)
    return
  }
  const filter = filterOf(args, systemClock.now())
  let [replayed, skipped] = [0, 0]
  // What is sent again does not match twice: it changed just now.
  const until = filter['until'] ?? new Date(systemClock.now()).toISOString()
  let after: unknown
  do {
    const page = await client.call('POST', '/api/notifications/replay', {
      ...filter,
      until,
      ...(after ? { after } : {}),
    })
    replayed += Number(page['replayed'])
    skipped += Number(page['skipped'])
    after = page['next']
  } while (after !== undefined)
  io.stdout(`${replayed} are sent again${skipped > 0 ? `, ${skipped} not: their endpoint is disabled or gone` : ''}\n`)
}

async function listEndpoints(client: AdminClient, args: Args, io: Io): Promise<void> {
  const { data } = await client.call('GET', '/api/notifications/endpoints')
  for (const row of Array.isArray(data) ? (data as readonly Row[]) : []) {
    io.stdout(`${args.options['json'] ? JSON.stringify(row) : endpointLine(row)}\n`)
  }
}

function onEndpoint(action: string, said: (answer: Row) => string): Action {
  return async (client, args, io) => {
    const id = target(args, 'an endpoint')
    io.stdout(`${said(await client.call('POST', `/api/notifications/endpoints/${id}/${action}`))}\n`)
  }
}

function target({ operands }: Args, what: string): string {
  const [, id] = operands
  if (id === undefined) throw new UsageError(`which one? Name ${what} by its id`)
  return encodeURIComponent(id)
}
