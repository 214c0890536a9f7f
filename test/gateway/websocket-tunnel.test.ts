import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { sha256 } from '../../src/core/digest.ts'
import { accessTokenKey } from '../../src/oauth/records/access-token.ts'
import { grantPartition } from '../../src/oauth/records/grant.ts'
import { MARK } from '../../src/oauth/tokens/marks.ts'
import { readToken } from '../../src/oauth/tokens/token-format.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { gatewayApi, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { openSocket } from '../_kit/websocket-client.ts'
import { startWebSocketUpstream } from '../_kit/websocket-upstream.ts'
import { forTest } from '../_kit/world.ts'

interface Limits {
  readonly idleTimeout?: number
  readonly maxMessageSize?: number
}

async function world(t: ExecutionContext, limits: Limits = {}, isPublic = true) {
  const upstream = await forTest(t, startWebSocketUpstream({ perMessageDeflate: false }))
  const scheme = issuerScheme()
  const websocket = { enabled: true, idleTimeout: 300_000, maxMessageSize: 64 << 20, ...limits }
  const security = isPublic ? [] : [[{ scheme, scopes: [] }]]
  const api = gatewayApi(upstream.url, { schemes: [scheme], operations: [{ security, policies: { websocket } }] })
  const plane = await startPlane(t, [api])
  return { ...plane, api, upstream, at: `${plane.url}/pets/room` }
}

/** A connection that has been upgraded, to speak bytes on. */
async function rawSocket(t: ExecutionContext, url: string): Promise<Socket> {
  const { hostname, port, pathname } = new URL(url)
  const socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  socket.write(
    `GET ${pathname} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  )
  let head = ''
  while (!head.includes('\r\n\r\n')) head += String(((await once(socket, 'data')) as [Buffer])[0])
  t.regex(head, /^HTTP\/1\.1 101 /)
  return socket
}

/** All bytes until the end. */
async function rest(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks)
}

const masked = (opcode: number, text: string, fin = true): Buffer =>
  Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)])

test('a token that is revoked ends the sockets that it opened, and no other', async (t) => {
  const { at, token, store, upstream } = await world(t, {}, false)
  const [revoked, live] = [await token(), await token()]
  const first = await openSocket(t, at, { headers: { authorization: `Bearer ${revoked}` } })
  const second = await openSocket(t, at, { headers: { authorization: `Bearer ${live}` } })
  const digest = sha256(revoked)
  const partition = grantPartition(readToken('access', revoked) ?? '')
  await store.commit({
    partition,
    writes: [{ op: 'remove', key: accessTokenKey(partition, digest) }],
    marks: [{ topic: MARK.token, id: digest, at: 0 }],
  })
  t.deepEqual(await first.closed, [4401, 'the credentials are no longer valid'])
  t.is((await upstream.closed(1))[0]?.[0], 4401)
  t.is(await second.ask('still here'), 'still here')
})

test('a mark that ends nothing closes nothing, and neither does a store that does not answer', async (t) => {
  const { at, token, store, clock } = await world(t, {}, false)
  const text = await token()
  const { ask } = await openSocket(t, at, { headers: { authorization: `Bearer ${text}` } })
  await store.commit({ partition: 0, marks: [{ topic: MARK.client, id: 'app', at: clock.now() }] })
  t.is(await ask('x'), 'x')
  const { get } = store
  store.get = () => Promise.reject(new StoreUnavailable('down'))
  await clock.advance(120_000)
  t.is(await ask('y'), 'y')
  store.get = get
})

test('what was missed is found at the next look, a minute later', async (t) => {
  const { at, token, store, clock } = await world(t, {}, false)
  const text = await token()
  const { closed } = await openSocket(t, at, { headers: { authorization: `Bearer ${text}` } })
  const partition = grantPartition(readToken('access', text) ?? '')
  await store.commit({ partition, writes: [{ op: 'remove', key: accessTokenKey(partition, sha256(text)) }] })
  await clock.advance(60_000)
  t.is((await closed)[0], 4401)
})

test('nothing moves: 1001 after the idle timeout, which a ping puts off', async (t) => {
  const { at, clock } = await world(t, { idleTimeout: 10_000 })
  const { socket, closed } = await openSocket(t, at)
  await clock.advance(9_000)
  socket.ping()
  await once(socket, 'pong')
  await clock.advance(9_000)
  t.is(socket.readyState, socket.OPEN)
  await clock.advance(1_000)
  t.deepEqual(await closed, [1001, 'idle for too long'])
})

test('a message that is too big: 1009 to the client, and not a byte of it to the upstream', async (t) => {
  const { at, upstream } = await world(t, { maxMessageSize: 1000 })
  const { ask, socket, closed } = await openSocket(t, at)
  t.is(String(await ask('a'.repeat(1000))).length, 1000)
  let got = 0
  upstream.sockets[0]?.on('message', () => got++)
  socket.send('a'.repeat(1001))
  t.deepEqual(await closed, [1009, 'the message is too big'])
  t.deepEqual((await upstream.closed(1))[0], [1009, 'the message is too big'])
  t.is(got, 0)
})

test('fragments count together, and pings may come between them', async (t) => {
  const { at } = await world(t, { maxMessageSize: 20 })
  const socket = await rawSocket(t, at)
  socket.write(Buffer.concat([masked(1, 'abcdefghij', false), masked(9, 'ping'), masked(0, 'klm')]))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.true(answer.includes('ping') || answer.includes('abcdefghijklm'))
  socket.write(Buffer.concat([masked(1, 'abcdefghij', false), masked(0, 'abcdefghijk')]))
  t.true((await rest(socket)).includes('the message is too big'))
})

test('a frame in single bytes is a frame', async (t) => {
  const { at } = await world(t)
  const socket = await rawSocket(t, at)
  socket.setNoDelay(true)
  for (const byte of masked(1, 'slow')) {
    socket.write(Buffer.from([byte]))
    await new Promise((resolve) => setImmediate(resolve))
  }
  const [answer] = (await once(socket, 'data')) as [Buffer]
  t.is(answer.toString('latin1'), '\x81\x04slow')
})

test('a large message comes back whole', async (t) => {
  const { at } = await world(t)
  const { ask } = await openSocket(t, at, { maxPayload: 64 << 20 })
  const large = randomBytes(16 << 20)
  t.true(large.equals((await ask(large)) as Buffer))
})

test('RFC 6455 §5.1: an unmasked frame ends the connection with 1002', async (t) => {
  const { at, upstream } = await world(t)
  const socket = await rawSocket(t, at)
  socket.write(Buffer.from([0x81, 1, 65]))
  t.true((await rest(socket)).includes('a frame is not masked'))
  t.is((await upstream.closed(1))[0]?.[0], 1002)
})

test('a close frame of ours waits for the end of the frame that is on its way', async (t) => {
  const { at, upstream, goAway } = await world(t)
  const socket = await rawSocket(t, at)
  const { _socket: raw } = upstream.sockets[0] as unknown as { _socket: Socket }
  raw.write(Buffer.from([0x82, 10, 1, 2, 3]))
  await once(socket, 'data')
  const answer = rest(socket)
  goAway()
  await new Promise((resolve) => setImmediate(resolve))
  raw.write(Buffer.from([4, 5, 6, 7, 8, 9, 10, 0x81, 1, 65]))
  const bytes = await answer
  t.deepEqual([...bytes.subarray(0, 7)], [4, 5, 6, 7, 8, 9, 10])
  t.is(bytes.readUInt16BE(9), 1001)
  t.is(bytes.length, 7 + 4 + 'the gateway is going away'.length, 'nothing comes after the close frame')
})

test('a half frame that never ends does not keep a socket open', async (t) => {
  const { at, upstream, goAway, clock } = await world(t)
  const socket = await rawSocket(t, at)
  const { _socket: raw } = upstream.sockets[0] as unknown as { _socket: Socket }
  raw.write(Buffer.from([0x82, 10, 1, 2, 3]))
  await once(socket, 'data')
  const answer = rest(socket)
  goAway()
  await clock.advance(2_000)
  t.is((await answer).length, 0)
})

test('the upstream breaks off: the client hears 1014; the client breaks off: the upstream hears 1001', async (t) => {
  const { at, upstream, openSockets } = await world(t)
  const first = await openSocket(t, at)
  upstream.sockets[0]?.terminate()
  t.deepEqual(await first.closed, [1014, 'the upstream is gone'])
  const second = await openSocket(t, at)
  second.socket.terminate()
  t.deepEqual((await upstream.closed(2))[1], [1001, 'the client is gone'])
  while (openSockets() > 0) await new Promise((resolve) => setImmediate(resolve))
  t.pass()
})

test('an API that is no longer served ends its sockets; one that has changed keeps them', async (t) => {
  const { at, publish, api } = await world(t)
  const { ask, closed } = await openSocket(t, at)
  publish([{ ...api, revision: 'r2' }])
  t.is(await ask('still here'), 'still here')
  publish([{ ...api, active: false }])
  t.deepEqual(await closed, [1001, 'the API is no longer served'])
})

test('the gateway stops: 1001 to everybody', async (t) => {
  const { at, goAway, upstream } = await world(t)
  const sockets = [await openSocket(t, at), await openSocket(t, at)]
  goAway()
  for (const { closed } of sockets) t.deepEqual(await closed, [1001, 'the gateway is going away'])
  t.is((await upstream.closed(2)).length, 2)
})

/** Resolves when a number does not change any more: all the connections are of this process. */
async function atRest(value: () => number): Promise<void> {
  for (let quiet = 0, last = -1; quiet < 500; quiet++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (value() !== last) quiet = 0
    last = value()
  }
}

test('a client that does not read makes the upstream wait, and memory is bounded', async (t) => {
  const { at, upstream } = await world(t)
  const socket = await rawSocket(t, at)
  socket.pause()
  const server = upstream.sockets[0]
  const piece = Buffer.alloc(1 << 20)
  let accepted = 0
  for (let count = 0; count < 64; count++) server?.send(piece, () => accepted++)
  await atRest(() => accepted)
  t.true(accepted < 40, `${accepted} of 64 MB were taken from the upstream`)
  socket.resume()
  while (accepted < 64) await once(socket, 'data')
  t.pass()
})

test('an upstream that does not read makes the client wait', async (t) => {
  const { at, upstream } = await world(t)
  const { socket } = await openSocket(t, at)
  upstream.sockets[0]?.pause()
  const piece = Buffer.alloc(1 << 20)
  let sent = 0
  for (let count = 0; count < 64; count++) socket.send(piece, () => sent++)
  await atRest(() => sent)
  t.true(sent < 40, `${sent} of 64 MB were taken from the client`)
  upstream.sockets[0]?.resume()
  while (sent < 64) await once(socket, 'message')
})
