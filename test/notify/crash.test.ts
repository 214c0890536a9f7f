import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { type Received, startReceiver } from '../_kit/receiver.ts'
import { SECRET } from './world.ts'

const KILLS = 20

test('killed twenty times while the receiver does what it likes: every acknowledged token is told, unaltered', async (t) => {
  t.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-crash-'))
  const receiver = await startReceiver()
  t.teardown(() => receiver.close())
  const heard = new Set<string>()
  receiver.reply = (response, { id }) => {
    const luck = Math.random()
    if (luck < 0.55) {
      heard.add(id)
      response.writeHead(200).end('ok')
    } else if (luck < 0.85) response.writeHead(500).end()
    else if (luck < 0.95) response.socket?.resetAndDestroy()
    // else: no answer at all
  }
  const epoch = String(Date.now())
  const child = (mode: string) =>
    spawn(
      process.execPath,
      [join(import.meta.dirname, 'crash-child.ts'), join(folder, 'g.db'), receiver.url, mode, epoch],
      {
        env: { ...process.env, SECRET },
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )

  const acknowledged: (readonly [token: string, id: string])[] = []
  const startIssuing = () => {
    const gateway = child('issue')
    let text = ''
    gateway.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    const issuing = once(gateway.stdout, 'data')
    const kill = async (): Promise<void> => {
      await issuing
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150))
      gateway.kill('SIGKILL')
      await once(gateway, 'close')
      for (const line of text.split('\n').slice(0, -1)) acknowledged.push(line.split(' ') as [string, string])
    }
    return { kill }
  }
  // The next one is there before one is killed, as where several gateways share a store.
  let current = startIssuing()
  for (let kill = 0; kill < KILLS; kill++) {
    const next = kill < KILLS - 1 ? startIssuing() : undefined
    await current.kill()
    if (next) current = next
  }
  receiver.reply = (response, { id }) => {
    heard.add(id)
    response.writeHead(200).end()
  }
  const [code] = await once(child('drain'), 'close')
  t.is(code, 0)

  t.true(acknowledged.length > KILLS * 3, `${acknowledged.length} acknowledged`)
  t.deepEqual(
    acknowledged.filter(([, id]) => !heard.has(id)),
    [],
    'every token that a client saw was told',
  )
  const byId = Map.groupBy(receiver.received, ({ id }) => id)
  for (const [token, id] of acknowledged) {
    t.is(JSON.parse(byId.get(id)?.[0]?.body ?? '{}').data?.token_id, token)
  }
  t.true(
    [...byId.values()].every((same) => new Set(same.map(({ body }) => body)).size === 1),
    'the bytes of an id never change',
  )
  t.true(receiver.received.every(isSigned), 'every attempt is signed')
  t.true(receiver.received.length > byId.size, 'there were repetitions')
  t.log(`${acknowledged.length} acknowledged, ${byId.size} told in ${receiver.received.length} attempts`)

  const stored = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join()
  t.false(/canary/.test(stored), 'no token stands in the database in the clear')
})

function isSigned({ body, headers }: Received): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1000)
  return new Webhook(SECRET).sign(String(headers['webhook-id']), at, body) === headers['webhook-signature']
}
