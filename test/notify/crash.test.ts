import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { type ApiUnderTest, adminCall, agentOf, registerAgent, tokensOf } from '../_kit/agent.ts'
import { stepOnDocument } from '../_kit/documents.ts'
import { type Received, startReceiver, type TestReceiver } from '../_kit/receiver.ts'
import { NODE_COMPILE_CACHE, serveProcess } from '../_kit/served.ts'
import { until } from '../_kit/until.ts'
import { SECRET } from './world.ts'

const KILLS = 20
// Many short delays, so that the last ones are not waited for.
const SCHEDULE = ['0s', ...Array.from({ length: 40 }, () => '5s')]
const CHILD = join(import.meta.dirname, 'crash-child.ts')

test('gateways killed twenty times with -9 while the receiver does what it likes: every token that a client saw is told', async (t) => {
  t.timeout(300_000)
  const receiver = await startReceiver()
  t.teardown(() => receiver.close())
  const folder = folderWith(t, receiver.url)
  const epoch = String(Date.now())
  const heard = answerAsItLikes(receiver)
  const seen: string[] = []

  // The next one is there before one is killed, as where several gateways share a store.
  let current = await startGateway(t, folder, epoch)
  const { client } = await registerAgent(current.api)
  for (let kill = 0; kill < KILLS; kill++) {
    const next = startGateway(t, folder, epoch)
    const before = seen.length
    const agent = agentOf(current.api, client)
    const issuing = Promise.all([issueUntilItDies(agent, seen), issueUntilItDies(agent, seen)])
    await until(() => seen.length > before)
    const successor = await next
    await sleep(Math.random() * 50)
    current.kill()
    await issuing
    current = successor
  }
  heard.always()
  while ((await undelivered(current.api)) > 0) await sleep(20)
  current.kill()

  t.true(seen.length > KILLS * 3, `${seen.length} seen`)
  const told = receiver.received.filter(({ id }) => heard.ids.has(id))
  const tokens = new Set(told.map(({ body }) => String(JSON.parse(body).new_oauth_token)))
  t.deepEqual(
    seen.filter((token) => !tokens.has(token)),
    [],
  )
  const byId = Map.groupBy(receiver.received, ({ id }) => id)
  t.true(
    [...byId.values()].every((same) => new Set(same.map(({ body }) => body)).size === 1),
    'the bytes of an id never change',
  )
  t.is(byId.size, new Set(receiver.received.map(({ body }) => body)).size, 'nor the id of an event')
  t.true(receiver.received.every(isSigned), 'every attempt is signed')
  t.true(receiver.received.length > byId.size, 'there were repetitions')
  t.log(`${seen.length} seen by clients, ${byId.size} told in ${receiver.received.length} attempts`)

  const stored = readdirSync(folder)
    .filter((name) => name.startsWith('gatehouse.db'))
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
  t.false(
    seen.some((token) => stored.some((text) => text.includes(token))),
    'no token stands in the database in the clear',
  )
})

test('serve is killed with -9 while its receiver is down: the next one delivers what was left, with the same id and bytes', async (t) => {
  const receiver = await startReceiver()
  t.teardown(() => receiver.close())
  receiver.reply = (response) => response.writeHead(500).end()
  const folder = folderWith(t, receiver.url, ['0s', '1s', '1s', '1s', '1s', '1s'])
  const first = await serveProcess(t, folder)
  const agent = await registerAgent(first.api('step-on', '/stepon'))
  const token = (await agent.clientCredentials('statistics')).accessToken
  const retrying = async () => (await adminCall(agent.api, 'GET', '/api/notifications?state=retrying')).json['data']
  while (((await retrying()) as readonly unknown[]).length === 0) await sleep(5)
  t.is(await first.end('SIGKILL'), 'SIGKILL')
  const failed = receiver.received.length
  receiver.reply = (response) => response.writeHead(204).end()
  const second = await serveProcess(t, folder)
  await receiver.arrived(failed + 1)
  const [before, after] = [receiver.received[0], receiver.received[failed]]
  t.is(after?.id, before?.id)
  t.is(after?.body, before?.body)
  t.is(JSON.parse(after?.body ?? '').new_oauth_token, token)
  t.is(await second.end('SIGTERM'), 0)
})

function folderWith(t: ExecutionContext, onKeyChangeUrl: string, schedule: readonly string[] = SCHEDULE): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-crash-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const notifications = { onKeyChangeUrl, sharedSecret: SECRET, clientCredentials: true, schedule }
  const document = stepOnDocument({ upstream: 'http://127.0.0.1:9' }, { notifications })
  writeFileSync(join(folder, 'step-on.json'), JSON.stringify(document))
  return folder
}

/** Success, failure, a reset connection or no answer at all, until it is told to be good. */
function answerAsItLikes(receiver: TestReceiver): { readonly ids: ReadonlySet<string>; always(): void } {
  const ids = new Set<string>()
  receiver.reply = (response, { id }) => {
    const luck = Math.random()
    if (luck < 0.55) {
      ids.add(id)
      response.writeHead(200).end('ok')
    } else if (luck < 0.85) response.writeHead(500).end()
    else if (luck < 0.95) response.socket?.resetAndDestroy()
  }
  return {
    ids,
    always() {
      receiver.reply = (response, { id }) => {
        ids.add(id)
        response.writeHead(200).end()
      }
    },
  }
}

async function startGateway(t: ExecutionContext, folder: string, epoch: string) {
  const env = { NODE_COMPILE_CACHE, ...process.env }
  const child = spawn(process.execPath, [CHILD, folder, epoch], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { url, adminUrl, adminSecret } = JSON.parse(line.toString()) as Record<
    'url' | 'adminUrl' | 'adminSecret',
    string
  >
  const api: ApiUnderTest = { url: `${url}/stepon`, adminUrl, adminSecret, apiId: 'step-on' }
  return { api, kill: () => child.kill('SIGKILL') }
}

async function issueUntilItDies(agent: ReturnType<typeof agentOf>, seen: string[]): Promise<void> {
  for (;;) {
    // A connection that breaks: the gateway was killed, and what it had not answered it has not promised.
    const answer = await agent.token({ grant_type: 'client_credentials', scope: 'statistics' }).catch(() => undefined)
    if (!answer) return
    if (answer.status !== 503) seen.push(tokensOf(answer).accessToken)
    await sleep(20)
  }
}

async function undelivered(api: ApiUnderTest): Promise<number> {
  const { json } = await adminCall(api, 'GET', '/api/notifications/endpoints/step-on.oauth.default')
  return Number(json['undelivered'])
}

function isSigned({ body, headers }: Received): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  return new Webhook(SECRET).sign(String(headers['webhook-id']), at, body) === headers['webhook-signature']
}
