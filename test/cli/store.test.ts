import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { store } from '../../src/cli/commands/store.ts'
import { runCli } from '../../src/cli/run-cli.ts'
import { adminCall, agentOf, registerAgent } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { startRedis } from '../_kit/redis.ts'
import { folderFor, serveProcess } from '../_kit/served.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

async function run(...argv: string[]) {
  let [stdout, stderr] = ['', '']
  const code = await runCli(['store', ...argv], [store], {
    stdout: (text) => {
      stdout += text
    },
    stderr: (text) => {
      stderr += text
    },
    colors: false,
    cwd: '/',
    environment: () => undefined,
    stopped: () => new Promise<void>(() => undefined),
  })
  return { code, stdout, stderr }
}

const USER = { username: 'walker', password: 'a password of some length' }

test('a gateway moves from SQLite to Redis and back: clients, tokens, refresh tokens and undelivered notifications go on', async (t) => {
  const redis = await startRedis()
  t.teardown(() => redis.stop())
  const upstream = await forTest(t, startUpstream())
  const receiver = 'http://127.0.0.1:1/nobody-there'
  const folder = folderFor(t, { 'step-on.json': stepOnDocument({ upstream: upstream.url, receiver }) })
  const first = await serveProcess(t, folder)
  const agent = await registerAgent(first.api('step-on', '/stepon'))
  await adminCall(agent.api, 'POST', '/api/users', USER)
  const { access_token: token, refresh_token: refreshToken } = (await agent.password(USER.username, USER.password)).json
  await first.end('SIGTERM')

  const file = join(folder, 'store.db')
  const key = readFileSync(`${file}.key`, 'utf8').trim()
  const copied = await run('copy', `sqlite:${file}`, redis.url)
  t.is(copied.code, 0, copied.stderr)
  t.regex(copied.stdout, /^Copied [1-9]\d* records, [1-9]\d* index entries and [1-9]\d* undelivered/)
  t.regex(copied.stdout, /GATEHOUSE_MASTER_KEY="\$\(cat \S+store\.db\.key\)"/)

  const other = { GATEHOUSE_MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }
  const refused = await t.throwsAsync(serveProcess(t, folder, ['--store', redis.url], other))
  t.regex(refused.message, /the master key is not the one that the store was written under/)
  const senseless = await t.throwsAsync(serveProcess(t, folder, ['--store', 'redis://127.0.0.1/walks'], other))
  t.regex(senseless.message, /error: --store: the database of a Redis URL is a number\n$/)

  const environment = { GATEHOUSE_MASTER_KEY: key }
  const second = await serveProcess(t, folder, ['--store', redis.url], environment)
  const moved = agentOf(second.api('step-on', '/stepon'), agent.client)
  t.is((await moved.call('/stepcounts', String(token))).status, 200)
  const refreshed = await moved.refresh(String(refreshToken))
  t.is(refreshed.status, 200, refreshed.text)
  const { json } = await adminCall(second, 'GET', '/api/notifications/endpoints')
  const [endpoint] = json['data'] as readonly { readonly undelivered: number }[]
  t.is(endpoint?.undelivered, 2, 'that of the issue and that of the refresh')
  await second.end('SIGTERM')

  const back = join(folder, 'back.db')
  t.is((await run('copy', redis.url, `sqlite:${back}`, '--json')).code, 0)
  const third = await serveProcess(t, folder, ['--store', `sqlite:${back}`], environment)
  const again = agentOf(third.api('step-on', '/stepon'), agent.client)
  t.is((await again.call('/stepcounts', String(refreshed.json['access_token']))).status, 200)
})

test('what is not empty is not copied into, and what is not there is not made', async (t) => {
  const folder = folderFor(t, {})
  const [a, b] = [join(folder, 'a.db'), join(folder, 'b.db')]
  const missing = await run('copy', `sqlite:${a}`, `sqlite:${b}`)
  t.is(missing.code, 2)
  t.regex(missing.stderr, /a\.db: there is no such file/)
  const served = await serveProcess(t, folder, ['--store', `sqlite:${a}`])
  await adminCall(served, 'POST', '/api/users', USER)
  await served.end('SIGTERM')
  t.is((await run('copy', `sqlite:${a}`, `sqlite:${b}`)).code, 0)
  const twice = await run('copy', `sqlite:${a}`, `sqlite:${b}`)
  t.is(twice.code, 1)
  t.regex(twice.stderr, /not empty/)
  t.is((await run('copy', `sqlite:${a}`, 'redis://user:secret@127.0.0.1:1/')).stderr.includes('secret'), false)
  t.is((await run('move', 'x', 'y')).code, 2)
})
