import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type DeliveryRecord, deliveriesIndex, deliveryKey, freshQueue } from '../../src/notify/delivery.ts'
import { retryAfter } from '../../src/notify/retry-after.ts'
import { type Reply, status } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { notifyWorld } from './world.ts'

const ENDPOINT = 'step-on.oauth.default'
const QUEUE = freshQueue(ENDPOINT)
type World = Awaited<ReturnType<typeof notifyWorld>>

async function recordOf({ store }: World, id: string | undefined): Promise<DeliveryRecord | undefined> {
  const [entry] = await store.get([deliveryKey(id ?? '')])
  return entry?.value
}

for (const code of [200, 201, 202, 204, 299]) {
  test(`any 2xx is success: ${code}`, async (t) => {
    const world = await notifyWorld(t)
    world.receiver.reply = status(code)
    const { ids } = await world.issue()
    await until(async () => (await recordOf(world, ids[0]))?.state === 'delivered')
    t.is((await world.store.queueState(QUEUE)).length, 0)
  })
}

for (const code of [301, 302, 307, 308, 400, 401, 404, 500, 502, 504]) {
  test(`${code} is a failure, and nothing is followed`, async (t) => {
    const world = await notifyWorld(t)
    world.receiver.reply = status(code, { Location: '/elsewhere' })
    const { ids } = await world.issue()
    await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
    t.is((await recordOf(world, ids[0]))?.attempts[0]?.status, code)
    t.deepEqual(
      world.receiver.received.map(({ path }) => path),
      ['/hook'],
    )
  })
}

test('410 disables the endpoint at once, loudly; what waits and what comes becomes dead letters', async (t) => {
  const world = await notifyWorld(t, { maxInFlight: 1 })
  world.receiver.reply = status(410)
  for (let turn = 0; turn < 5; turn++) await world.issue()
  await world.pass(10_000, 1000)
  t.is(world.receiver.received.length, 1)
  t.is((await world.deliverer.condition(ENDPOINT).current()).disabled?.reason, 'gone')
  t.true(world.lines.some(({ level, message }) => level === 'error' && message.includes('disabled')))
  await world.issue()
  await world.pass(10_000, 1000)
  t.is(world.receiver.received.length, 1)
  t.is((await world.store.queueState(QUEUE)).length, 0)
  t.is((await world.store.list(deliveriesIndex(ENDPOINT, 'dead'), { limit: 10 })).members.length, 6)
})

for (const code of [429, 503]) {
  test(`${code} with Retry-After: nothing is sent to the receiver before that time`, async (t) => {
    const world = await notifyWorld(t)
    world.receiver.reply = status(code, { 'Retry-After': '120' })
    await world.issue()
    await world.quiet()
    world.receiver.reply = status(204)
    await world.issue()
    await world.pass(115_000, 1000)
    t.is(world.receiver.received.length, 1)
    await world.pass(15_000, 1000)
    t.is(world.receiver.received.length, 3)
  })
}

test('Retry-After is seconds or a date, and at most a day', (t) => {
  const now = Date.UTC(2026, 0, 1)
  t.is(retryAfter('120', now), 120_000)
  t.is(retryAfter('Thu, 01 Jan 2026 00:01:00 GMT', now), 60_000)
  t.is(retryAfter('Wed, 31 Dec 2025 00:00:00 GMT', now), 0)
  t.is(retryAfter('99999999', now), 86_400_000)
  t.is(retryAfter('soon', now), undefined)
  t.is(retryAfter(undefined, now), undefined)
})

test('an endless answer is read to a bound; of it one KiB without control characters is kept, sealed', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = (response) => {
    response.writeHead(500)
    const more = (): void => {
      while (response.writable && response.write('\u0007\u001b[31mred\u0000 '.repeat(5000)));
    }
    response.on('drain', more)
    more()
  }
  const { ids } = await world.issue()
  await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
  const record = await recordOf(world, ids[0])
  const answer = record?.attempts[0]?.answer
  t.false(JSON.stringify(record).includes('[31mred'))
  const { openSealing } = await import('../../src/notify/sealing.ts')
  const read = record && answer && openSealing(world.vault).open(record, answer)
  t.is(read?.length, 1024)
  t.true(read?.startsWith('[31mred [31mred '))
})

test('an answer that repeats the tokens is kept without them', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = (response, { body }) => response.writeHead(422).end(`cannot read ${body}`)
  const { ids } = await world.issue({ accessToken: 'canary-access-token-xyz' })
  await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
  const record = await recordOf(world, ids[0])
  const { openSealing } = await import('../../src/notify/sealing.ts')
  const read = record && openSealing(world.vault).open(record, record.attempts[0]?.answer ?? '')
  t.true(read?.includes('cannot read {"auth_code":"[token]","new_oauth_token":"[token]"'))
  t.false(read?.includes('canary'))
})

const FAILURES: Readonly<Record<string, { readonly reply: Reply; readonly error: string }>> = {
  'no answer before the attempt deadline': { reply: () => {}, error: 'timeout' },
  'a connection that is reset': { reply: (response) => response.socket?.resetAndDestroy(), error: 'connection' },
  'half an answer line': { reply: (response) => response.socket?.end('HTTP/1.1 20'), error: 'connection' },
}
for (const [title, { reply, error }] of Object.entries(FAILURES)) {
  test(`${title} is a failed attempt: ${error}`, async (t) => {
    const world = await notifyWorld(t, {}, error === 'timeout' ? { attemptDeadline: 200 } : {})
    world.receiver.reply = reply
    const { ids } = await world.issue()
    await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
    t.is((await recordOf(world, ids[0]))?.attempts[0]?.error, error as never)
  })
}

test('a status in time is the answer, however slowly its body drips', async (t) => {
  const world = await notifyWorld(t, {}, { attemptDeadline: 10_000 })
  world.receiver.reply = (response) => void response.writeHead(200).write('.')
  const { ids } = await world.issue()
  await until(async () => (await recordOf(world, ids[0]))?.state === 'delivered')
  t.is(world.receiver.received.length, 1)
})

test('a receiver whose certificate does not verify gets nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-tls-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const curve = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '1',
    '-subj',
    '/CN=localhost',
  ]
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  let requests = 0
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
    requests++
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const world = await notifyWorld(t, { onKeyChangeUrl: url })
  const { ids } = await world.issue()
  await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
  t.is((await recordOf(world, ids[0]))?.attempts[0]?.error, 'tls')
  t.is(requests, 0)
})

test('an endpoint at a link-local address is never called', async (t) => {
  const world = await notifyWorld(t, { onKeyChangeUrl: 'http://169.254.169.254/latest/' })
  const { ids } = await world.issue()
  await until(async () => (await recordOf(world, ids[0]))?.state === 'retrying')
  t.is((await recordOf(world, ids[0]))?.attempts[0]?.error, 'refused_address')
})
