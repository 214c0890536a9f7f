import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { Webhook as Svix } from 'svix'
import { webhookKeySet } from '../../src/notify/key-set.ts'
import { signedHeaders } from '../../src/notify/sign.ts'
import type { Received } from '../_kit/receiver.ts'
import { until } from '../_kit/until.ts'
import { notifyWorld, SECRET } from './world.ts'

const OTHER = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
const HOUR = 3_600_000

const verifies = (secret: string, { body, headers }: Received): boolean => {
  try {
    // The library's tolerance is about the real time; here only the bytes matter.
    const [id, at] = [String(headers['webhook-id']), String(headers['webhook-timestamp'])]
    const expected = new Webhook(secret).sign(id, new Date(Number(at) * 1000), body)
    return String(headers['webhook-signature']).split(' ').includes(expected)
  } catch {
    return false
  }
}

test('Standard Webhooks: the published vector', (t) => {
  const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', 1_614_265_330_000, '{"test": 2432232314}', {
    secrets: [SECRET],
  })
  t.deepEqual(headers, {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})

test('a secret that is not of the form whsec_… is used as its UTF-8 bytes', async (t) => {
  const world = await notifyWorld(t, { sharedSecret: 'grüße-from-2019' })
  await world.issue()
  await world.receiver.arrived(1)
  const [got] = world.receiver.received
  const content = `${got?.id}.${got?.headers['webhook-timestamp']}.${got?.body}`
  const mac = createHmac('sha256', Buffer.from('grüße-from-2019', 'utf8')).update(content).digest('base64')
  t.is(got?.headers['webhook-signature'], `v1,${mac}`)
})

test('the shared secret is sent in the headers of the seed only when asked for', async (t) => {
  const silent = await notifyWorld(t)
  await silent.issue()
  await silent.receiver.arrived(1)
  t.false(JSON.stringify(silent.receiver.received[0]?.headers).includes(SECRET))
  const world = await notifyWorld(t, { sendSharedSecret: true })
  await world.issue()
  await world.receiver.arrived(1)
  t.is(world.receiver.received[0]?.headers['x-gateway-shared-secret'], SECRET)
  t.is(world.receiver.received[0]?.headers['x-tyk-shared-secret'], SECRET)
})

test('when the secret changes in the document, the one before signs along for 24 hours', async (t) => {
  const world = await notifyWorld(t)
  await world.issue()
  await world.receiver.arrived(1)
  world.configure({ sharedSecret: OTHER })
  await world.issue()
  await world.receiver.arrived(2)
  await world.pass(23 * HOUR, HOUR)
  await world.issue()
  await world.receiver.arrived(3)
  await world.pass(2 * HOUR, HOUR)
  await world.issue()
  await world.receiver.arrived(4)
  const seen = world.receiver.received.map((got) => [verifies(SECRET, got), verifies(OTHER, got)])
  t.deepEqual(seen, [
    [true, false],
    [true, true],
    [true, true],
    [false, true],
  ])
  const { body, headers } = world.receiver.received[1] as Received
  t.notThrows(() => new Svix(SECRET).verify(body, headers as Record<string, string>))
  t.notThrows(() => new Svix(OTHER).verify(body, headers as Record<string, string>))
})

test('after a change is taken back, what it brought signs along for 24 hours, and the next change finds the one in use', async (t) => {
  const third = `whsec_${Buffer.alloc(32, 11).toString('base64')}`
  const world = await notifyWorld(t)
  const signers = async () => {
    const { length } = world.receiver.received
    await world.issue()
    await world.receiver.arrived(length + 1)
    const got = world.receiver.received[length] as Received
    return [SECRET, OTHER, third].map((secret) => verifies(secret, got))
  }
  await signers()
  await world.pass(HOUR, HOUR)
  world.configure({ sharedSecret: OTHER })
  t.deepEqual(await signers(), [true, true, false])
  await world.pass(HOUR, HOUR)
  world.configure({ sharedSecret: SECRET })
  t.deepEqual(await signers(), [true, true, false])
  await world.pass(25 * HOUR, HOUR)
  t.deepEqual(await signers(), [true, false, false], 'taken back a day ago')
  world.configure({ sharedSecret: third })
  t.deepEqual(await signers(), [true, false, true])
  await world.pass(23 * HOUR, HOUR)
  t.deepEqual(await signers(), [true, false, true])
  await world.pass(2 * HOUR, HOUR)
  t.deepEqual(await signers(), [false, false, true])
})

test('a secret that has never signed anything signs along as well when it was replaced', async (t) => {
  const world = await notifyWorld(t)
  await world.pass(6000, 1000)
  world.configure({ sharedSecret: OTHER })
  await world.issue()
  await world.receiver.arrived(1)
  const [got] = world.receiver.received as [Received]
  t.true(verifies(SECRET, got) && verifies(OTHER, got))
})

test('a rotation in the middle of retries: the same bytes, signed by what is live at each attempt', async (t) => {
  const world = await notifyWorld(t)
  world.receiver.reply = (response) => response.writeHead(500).end()
  await world.issue()
  await world.quiet()
  world.configure({ sharedSecret: OTHER })
  await world.pass(7000, 1000)
  const [first, second] = world.receiver.received as [Received, Received]
  t.deepEqual([verifies(SECRET, first), verifies(OTHER, first)], [true, false])
  t.deepEqual([verifies(SECRET, second), verifies(OTHER, second)], [true, true])
  t.is(first.id, second.id)
  t.is(first.body, second.body)
})

test('previous secrets of the document sign for as long as they stand there', async (t) => {
  const world = await notifyWorld(t, { previousSecrets: [OTHER] })
  await world.issue()
  await world.receiver.arrived(1)
  const [got] = world.receiver.received as [Received]
  t.true(verifies(SECRET, got) && verifies(OTHER, got))
})

test('remembered secrets are sealed in the store', async (t) => {
  const world = await notifyWorld(t)
  await world.issue()
  await world.receiver.arrived(1)
  await until(async () => (await world.store.queueState('notify:step-on.oauth.default')).length === 0)
  const { recordKind, partitionOf } = await import('../../src/store/store.ts')
  const id = 'step-on.oauth.default'
  const [entry] = await world.store.get([recordKind<object>('webhook-secrets')(partitionOf(id), id)])
  t.true(entry !== undefined)
  t.false(JSON.stringify(entry).includes(SECRET.slice(6, 20)))
})

test('Ed25519: OpenSSL verifies v1a with the published key', async (t) => {
  const world = await notifyWorld(t, { ed25519: {} })
  await world.issue()
  await world.receiver.arrived(1)
  const [got] = world.receiver.received as [Received]
  const signature = /(?:^| )v1a,(\S+)/.exec(String(got.headers['webhook-signature']))?.[1] ?? ''
  const [jwk] = webhookKeySet(world.endpoints).keys
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-ed25519-'))
  const write = (name: string, bytes: string | Buffer): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  // RFC 8410 §4: the DER of an Ed25519 public key is a fixed head and its 32 bytes.
  const der = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(jwk?.['x'] ?? '', 'base64url'),
  ])
  const key = write('key.der', der)
  const content = write('content', `${got.id}.${got.headers['webhook-timestamp']}.${got.body}`)
  const sig = write('sig', Buffer.from(signature, 'base64'))
  const openssl = (file: string) =>
    execFileSync(
      'openssl',
      ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-keyform', 'DER', '-rawin', '-in', file, '-sigfile', sig],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    )
  t.true(openssl(content).toString().includes('Verified Successfully'))
  t.throws(() => openssl(write('forged', `${got.id}.${got.headers['webhook-timestamp']}.{}`)))
  t.true(verifies(SECRET, got), 'and the HMAC signature is there as well')
})

test('an Ed25519 key of one’s own may be given as whsk_ or PEM; one that cannot be read costs no event', async (t) => {
  const seed = Buffer.alloc(32, 5)
  const pem = execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519']).toString()
  const keyOf = async (key?: string) => {
    const world = await notifyWorld(t, { ed25519: key === undefined ? {} : { key } })
    await world.issue()
    await world.receiver.arrived(1)
    return { jwk: webhookKeySet(world.endpoints).keys[0], lines: world.lines }
  }
  // RFC 8032: the public key of this seed, by OpenSSL.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const args = ['pkey', '-inform', 'DER', '-pubout', '-outform', 'DER']
  const expected = execFileSync('openssl', args, { input: der }).subarray(-32).toString('base64')
  t.is((await keyOf(`whsk_${seed.toString('base64')}`)).jwk?.['whpk'], `whpk_${expected}`)
  const publicOfPem = execFileSync('openssl', ['pkey', '-pubout', '-outform', 'DER'], { input: pem }).subarray(-32)
  t.is((await keyOf(pem)).jwk?.['x'], publicOfPem.toString('base64url'))
  t.not((await keyOf()).jwk?.['x'], undefined)
  const unusable = await keyOf('whsk_too-short')
  t.is(unusable.jwk, undefined)
  t.true(unusable.lines.some(({ level }) => level === 'error'))
})
