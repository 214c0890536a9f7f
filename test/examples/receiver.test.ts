import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { startReceiver } from '../../examples/receiver/main.ts'
import { verifySignature } from '../../examples/receiver/signature.ts'
import { forTest } from '../_kit/world.ts'

const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`
const BODY = '{"notification_type":"new","type":"oauth.token.issued"}'

/** Signed by the reference library, so that sender and receiver do not share a mistake. */
function signed(id: string, at = new Date(), body = BODY): Record<string, string> {
  const signature = new Webhook(SECRET).sign(id, at, body)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': signature,
  }
}

test('Standard Webhooks: what the reference library signs is accepted, once per id', async (t) => {
  const receiver = await forTest(t, startReceiver({ secret: SECRET }))
  for (const id of ['m1', 'm2', 'm1']) {
    t.is((await fetch(receiver.url, { method: 'POST', body: BODY, headers: signed(id) })).status, 204)
  }
  t.deepEqual(
    receiver.received.map(({ id, deliveries }) => [id, deliveries]),
    [
      ['m1', 2],
      ['m2', 1],
    ],
  )
})

test('Standard Webhooks: one matching signature among several is enough', (t) => {
  const headers = signed('m1')
  const several = { ...headers, 'webhook-signature': `v1,bm90IGl0 v1a,x ${headers['webhook-signature']}` }
  t.true(verifySignature(several, Buffer.from(BODY), SECRET, Date.now()).ok)
})

test('Standard Webhooks: altered bodies, other ids, old and future timestamps and missing headers are refused', (t) => {
  const now = Date.now()
  const body = Buffer.from(BODY)
  const headers = signed('m1', new Date(now))
  t.false(verifySignature(headers, Buffer.from(`${BODY} `), SECRET, now).ok)
  t.false(verifySignature({ ...headers, 'webhook-id': 'm2' }, body, SECRET, now).ok)
  t.false(verifySignature(headers, body, 'another secret', now).ok)
  for (const name of Object.keys(headers))
    t.false(verifySignature({ ...headers, [name]: undefined }, body, SECRET, now).ok)
  for (const seconds of [-302, 302]) {
    t.false(verifySignature(signed('m1', new Date(now + seconds * 1000)), body, SECRET, now).ok)
  }
  t.true(verifySignature(signed('m1', new Date(now - 290_000)), body, SECRET, now).ok)
})

test('a secret that is not whsec_ is used as its UTF-8 bytes', (t) => {
  const key = Buffer.from('schlüssel')
  const signature = new Webhook(key.toString('base64')).sign('m1', new Date(1_700_000_000_000), BODY)
  const headers = { 'webhook-id': 'm1', 'webhook-timestamp': '1700000000', 'webhook-signature': signature }
  t.true(verifySignature(headers, Buffer.from(BODY), 'schlüssel', 1_700_000_000_000).ok)
})

test('a delivery that is answered with an error counts as received only when it comes again', async (t) => {
  const receiver = await forTest(
    t,
    startReceiver({ secret: SECRET, answer: ({ attempt }) => (attempt === 1 ? 503 : 204) }),
  )
  const post = () => fetch(receiver.url, { method: 'POST', body: BODY, headers: signed('m1') })
  t.is((await post()).status, 503)
  t.is(receiver.received.length, 0)
  t.is((await post()).status, 204)
  const { id } = await receiver.waitFor(({ body }) => body['notification_type'] === 'new')
  t.is(id, 'm1')
})

test('the receiver for Node that verifies with the package does what the others do', async (t) => {
  const program = resolve(import.meta.dirname, '../../examples/receiver/receiver.mjs')
  const env = { ...process.env, WEBHOOK_SECRET: `another ${SECRET}` }
  const child = spawn(process.execPath, [program, '0'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const url = /http:\S+/.exec(await next())?.[0] ?? ''
  const send = async (headers: Record<string, string>, body = BODY) =>
    (await fetch(url, { method: 'POST', body, headers })).status
  t.is(await send(signed('m1')), 204)
  t.is(await next(), 'm1: oauth.token.issued')
  t.is(await send(signed('m1')), 204)
  t.is(await next(), 'm1: again')
  t.is(await send(signed('m2'), BODY.replace('new', 'old')), 401)
  t.is(await send(signed('m2', new Date(Date.now() - 400_000))), 401)
  t.is(await send({}), 401)
})
