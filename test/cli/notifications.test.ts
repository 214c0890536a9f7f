import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { createAdminApp } from '../../src/admin/create-admin-app.ts'
import { notificationEndpointRoutes } from '../../src/admin/resources/notification-endpoints.ts'
import { notificationRoutes } from '../../src/admin/resources/notifications.ts'
import { listen } from '../../src/cli/commands/listen.ts'
import { notifications } from '../../src/cli/commands/notifications.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import { Secret } from '../../src/core/secret.ts'
import type { DeliveryRecord } from '../../src/notify/delivery.ts'
import { webhookKeySet } from '../../src/notify/key-set.ts'
import { recordWrites } from '../../src/notify/outcome.ts'
import { backChannel } from '../_kit/back-channel.ts'
import { status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { operated } from '../notify/operated.ts'
import { SECRET } from '../notify/world.ts'

const ENDPOINT = 'step-on.oauth.default'
const ADMIN_SECRET = 'an admin secret'

/** Runs a command line; `text()` is what it has printed so far. */
function gatehouse(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  let [stdout, stderr] = ['', '']
  const done = runCli(argv, [notifications, listen], {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    colors: false,
    cwd: process.cwd(),
    environment: (name) => environment[name],
    stopped: () => new Promise<void>(() => undefined),
  })
  return { done, stdout: () => stdout, stderr: () => stderr }
}

async function world(t: ExecutionContext) {
  const notified = await operated(t)
  const { services } = await backChannel(t)
  const more = [...notificationEndpointRoutes(notified.notifications), ...notificationRoutes(notified.notifications)]
  const library = { list: () => [], find: () => undefined, loaded: () => true }
  const app = createAdminApp({ secret: new Secret(ADMIN_SECRET), library, services, bodyLimit: 65_536, more })
  const server = createServer(app.callback())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const run = async (...argv: string[]) => {
    const command = gatehouse(['notifications', ...argv], {
      GATEHOUSE_ADMIN: admin,
      GATEHOUSE_ADMIN_SECRET: ADMIN_SECRET,
    })
    return { code: await command.done, stdout: command.stdout(), stderr: command.stderr() }
  }
  return Object.assign(notified, { run, admin })
}

test('notifications are listed one a line, and one is shown with its attempts and answers', async (t) => {
  const { issue, quiet, receiver, run } = await world(t)
  receiver.reply = (response) => response.writeHead(500).end('out of order')
  const { ids } = await issue()
  await quiet()
  const list = await run()
  t.is(list.code, 0, list.stderr)
  t.regex(
    list.stdout,
    /^\S+Z {2}retrying {3}oauth\.token\.issued {5}step-on\.oauth\.default {2}×1 {2}500 \d+ ms {2}msg_\S+\n$/,
  )
  const shown = await run('show', ids[0] ?? '')
  t.true(shown.stdout.includes('out of order') && shown.stdout.includes('500'))
  const json = await run('--json', '--state', 'retrying')
  t.like(JSON.parse(json.stdout), { id: ids[0], state: 'retrying' })
  t.is((await run('--state', 'dead')).stdout, '')
})

test('what the filter lets through is found behind any number of others, and --limit may be any number', async (t) => {
  const { store, clock, run } = await world(t)
  const letter = (id: string, clientId: string): DeliveryRecord => ({
    ...{ id, clientId, endpoint: ENDPOINT, api: 'step-on', type: 'oauth.token.issued', body: '', attempts: [] },
    ...{ state: 'dead', reason: 'disabled', tried: 0, replays: 0, createdAt: clock.now(), changedAt: clock.now() },
  })
  const others = Array.from({ length: 2001 }, (_, at) => letter(`msg_${at}`, 'other'))
  await store.commit({ partition: 0, writes: recordWrites(letter('msg_old', 'old'), clock.now() - 1) })
  for (const other of others) await store.commit({ partition: 0, writes: recordWrites(other, clock.now()) })
  t.regex((await run('--client', 'old')).stdout, /^.* msg_old\n$/)
  const lines = async (...options: string[]) => (await run(...options)).stdout.split('\n').length - 1
  t.is(await lines(), 50)
  t.is(await lines('--limit', '7'), 7)
  t.is(await lines('--limit', '1500'), 1500)
  t.is(await lines('--limit', '9999'), 2002)
  for (const limit of ['0', '-1', 'all']) t.is((await run(`--limit=${limit}`)).code, 2, limit)
})

test('replays by id and by filter; endpoints are listed, tested, disabled and enabled', async (t) => {
  const { issue, quiet, receiver, run, pass } = await world(t)
  const { ids } = await issue()
  await issue()
  await quiet()
  t.is((await run('replay', ids[0] ?? '')).stdout, `${ids[0]} is sent again\n`)
  await receiver.arrived(3)
  await quiet()
  await pass(2000, 1000)
  t.is((await run('replay', '--state', 'delivered', '--since', '1h')).stdout, '2 are sent again\n')
  await receiver.arrived(5)
  await quiet()
  t.regex((await run('endpoints')).stdout, /^step-on\.oauth\.default {2}ok .*0 undelivered/)
  t.regex((await run('test', ENDPOINT)).stdout, /^sent as msg_/)
  t.is((await run('disable', ENDPOINT)).stdout, 'the endpoint is disabled\n')
  t.regex((await run('endpoints')).stdout, /disabled \(operator\)/)
  t.is((await run('enable', ENDPOINT)).stdout, 'the endpoint is ok\n')
})

test('--follow shows each change once, as it happens', async (t) => {
  const { follow } = await import('../../src/cli/notifications/follow.ts')
  const { adminClient } = await import('../../src/cli/admin-client.ts')
  const { issue, quiet, receiver, admin, pass, clock } = await world(t)
  const io = {
    stdout() {},
    stderr() {},
    colors: false,
    cwd: '',
    environment: () => undefined,
    stopped: () => new Promise<void>(() => undefined),
  }
  const client = adminClient({ operands: [], options: { admin, adminSecret: ADMIN_SECRET } }, io)
  const seen: string[] = []
  const ending = new AbortController()
  receiver.reply = status(500)
  const since = clock.now()
  await issue()
  await quiet()
  const following = follow(
    client,
    {},
    since,
    (row) => seen.push(`${row['state']} ${row['attempt_count']}`),
    ending.signal,
  )
  await until(() => seen.length === 1)
  receiver.reply = status(204)
  await pass(7000, 1000)
  await until(() => seen.length === 2)
  ending.abort()
  await following
  t.deepEqual(seen, ['retrying 1', 'delivered 2'])
})

test('what cannot be done is said, with exit code 1; what was asked for wrongly, with 2', async (t) => {
  const { run } = await world(t)
  t.like(await run('show', 'msg_AAAAAAAAAAAAAAAAAAAAAA'), { code: 1, stdout: '' })
  t.like(await run('test', 'nobody'), { code: 1 })
  t.like(await run('frobnicate'), { code: 2 })
  t.like(await run('show'), { code: 2 })
  t.like(await run('--since', 'yesterday'), { code: 2 })
  t.like(await run('--admin', 'http://127.0.0.1:1'), {
    code: 1,
    stderr: 'error: no gateway answers at http://127.0.0.1:1\n',
  })
  t.like(await run('--admin-secret', 'wrong'), { code: 1 })
  const without = gatehouse(['notifications'])
  t.is(await without.done, 2)
})

test('gatehouse listen receives what the gateway sends, verifies it and prints it without tokens', async (t) => {
  const world = await operated(t, { ed25519: {} })
  const keys = createServer((_, response) => response.end(JSON.stringify(webhookKeySet(world.endpoints))))
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    keys.closeAllConnections()
    keys.close()
  })
  const byKey = ['--keys', `http://127.0.0.1:${(keys.address() as AddressInfo).port}/`]
  for (const [options, scheme] of [
    [['--secret', SECRET], 'v1'],
    [byKey, 'v1a'],
  ] as const) {
    const command = gatehouse(['listen', '--listen', '127.0.0.1:0', '--count', '1', ...options])
    await until(() => command.stdout().includes('received at'))
    const url = /http:\S+/.exec(command.stdout())?.[0] ?? ''
    t.is((await fetch(url, { method: 'POST', body: '{}' })).status, 401)
    t.is((await fetch(url)).status, 405)
    world.configure({ onKeyChangeUrl: url, ed25519: {} })
    const { ids } = await world.issue()
    t.is(await command.done, 0)
    t.true(command.stdout().includes('refused: a webhook header is missing'))
    t.true(command.stdout().includes(`${ids[0]}  verified (${scheme})`))
    t.true(command.stdout().includes('"new_oauth_token": "canary-a…"'))
    await world.quiet()
  }
})

test('gatehouse listen refuses a forged body, an old timestamp and another secret', async (t) => {
  const { verifyNotification } = await import('../../src/notify/verify.ts')
  const { signedHeaders } = await import('../../src/notify/sign.ts')
  const now = 1_800_000_000_000
  const body = Buffer.from('{"a":1}')
  const headers = signedHeaders('msg_1', now, '{"a":1}', { secrets: ['one', SECRET] })
  const trusted = { secrets: [SECRET], keys: ['not a key'] }
  t.deepEqual(verifyNotification(headers, body, trusted, now), { ok: true, id: 'msg_1', scheme: 'v1' })
  t.false(verifyNotification(headers, Buffer.from('{"a":2}'), trusted, now).ok)
  t.false(verifyNotification({ ...headers, 'webhook-id': 'msg_2' }, body, trusted, now).ok)
  t.true(verifyNotification(headers, body, trusted, now + 300_000).ok)
  t.false(verifyNotification(headers, body, trusted, now + 301_000).ok)
  t.false(verifyNotification(headers, body, trusted, now - 301_000).ok)
  t.false(verifyNotification(headers, body, { secrets: ['other'], keys: [] }, now).ok)
})

test('gatehouse listen says what is wrong with its options', async (t) => {
  for (const options of [
    [],
    ['--secret', 'x', '--listen', 'nowhere'],
    ['--secret', 'x', '--status', '99'],
    ['--keys', 'x'],
  ]) {
    t.is(await gatehouse(['listen', ...options]).done, 2, options.join(' '))
  }
})
