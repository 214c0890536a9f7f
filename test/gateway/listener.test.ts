import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createServer as createTlsServer, get as httpsGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import test from 'ava'
import { createListener } from '../../src/gateway/listener.ts'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { rawConnect, rawRequest } from '../_kit/raw-http.ts'
import { TEST_TLS } from '../_kit/tls.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  return text
}

test('headers that are too long get 431, however they are too long', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [gatewayApi(upstream.url)], { limits: { headerBytes: 4096 } })
  const long = [
    `GET /pets/${'x'.repeat(8192)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    `GET /pets/x HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(8192)}\r\n\r\n`,
    `GET /pets/x HTTP/1.1\r\nHost: a\r\n${'X-Some: header\r\n'.repeat(2000)}\r\n`,
  ]
  for (const request of long) {
    const answer = await rawRequest(url, request)
    t.is(answer.status, 431)
    t.is(answer.header('content-type'), 'application/problem+json')
    t.is(answer.header('connection'), 'close')
  }
  t.is(upstream.requests.length, 0)
})

test('more headers than anyone needs get 431: none is dropped silently', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const request = (count: number) => `GET /pets/x HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(count)}X-Last: z\r\n\r\n`
  t.is((await rawRequest(url, request(400))).status, 200)
  t.is(upstream.last().headers['x-last'], 'z')
  t.is(upstream.last().headers['x'], Array(400).fill('y').join(', '))
  t.is((await rawRequest(url, request(3000))).status, 431)
})

test('a head or a body that does not arrive in time gets 408, and the connection ends', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const limits = { headerTimeout: 200, requestTimeout: 400 }
  const { url } = await startPlane(t, [gatewayApi(upstream.url)], { limits })
  const slow = ['GET /pets/x HTTP/1.1\r\nHost:', 'POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc']
  const answers = slow.map(async (text) => {
    const client = await rawConnect(url)
    client.write(text)
    t.is((await client.read()).status, 408)
    await client.closed()
  })
  await Promise.all(answers)
  t.true(upstream.requests.every(({ aborted }) => aborted))
})

test('a connection that was refused takes nothing more', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const client = await rawConnect(url)
  client.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nGET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
  t.is((await client.read()).status, 400)
  await client.closed()
  t.is(upstream.requests.length, 0)
})

test('a client that sends nonsense while its answer is on the way is cut off, not answered twice', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => void response.write('begun'))
  const client = await rawConnect(url)
  client.write('POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n')
  while (!client.buffered().includes('begun')) await once(client.socket, 'data')
  client.write('nonsense\r\n')
  await client.closed()
  t.is(client.buffered().split('HTTP/1.1').length - 1, 1)
})

test('RFC 9110 §7.8: an upgrade behind a request that is still to be answered is an ordinary request', async (t) => {
  const { url, upstream } = await planeBefore(t)
  let answerFirst = (): void => {}
  upstream.answerOnce((_, response) => {
    answerFirst = () => response.end('first')
  })
  const upgrade = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`
  const client = await rawConnect(url)
  client.write(`GET /pets/1 HTTP/1.1\r\nHost: a\r\n\r\n${upgrade('/pets/2')}`)
  await until(() => upstream.requests.length > 0)
  answerFirst()
  t.is((await client.read()).body, 'first')
  t.is((await client.read()).status, 200)
  t.is(upstream.last().headers.upgrade, undefined)
  client.write(`GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n${upgrade('/')}`)
  t.deepEqual([(await client.read()).status, (await client.read()).status], [404, 404])
  client.close()
})

test('a client that is gone before it is refused harms nobody', async (t) => {
  const server = createListener(() => {}, { headerBytes: 4096, headerTimeout: 1000, requestTimeout: 1000 })
  for (const event of ['connect', 'upgrade']) {
    const gone = new Duplex({
      read() {},
      write(_chunk, _encoding, done) {
        done(Object.assign(new Error('write ECONNRESET'), { code: 'ECONNRESET' }))
      },
    })
    server.emit(event, { method: 'CONNECT', headers: {}, socket: gone }, gone, Buffer.alloc(0))
    await new Promise((resolve) => gone.once('close', resolve))
    t.true(gone.destroyed)
  }
})

test('with a certificate the gateway speaks HTTPS, and says so upstream', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [gatewayApi(upstream.url)], { tls: TEST_TLS })
  const [answer] = (await once(httpsGet(`${url}/pets/x`, { ca: TEST_TLS.cert }), 'response')) as [IncomingMessage]
  t.is(answer.statusCode, 200)
  t.is(await textOf(answer), '{"upstream":true}')
  t.is(upstream.last().headers['x-forwarded-proto'], 'https')
  const socket = tlsConnect({ port: Number(new URL(url).port), ca: TEST_TLS.cert, ALPNProtocols: ['h2', 'http/1.1'] })
  await once(socket, 'secureConnect')
  t.is(socket.alpnProtocol, 'http/1.1')
  socket.destroy()
})

test('an https upstream is verified by the CA, taken unverified only when told so, and given the client certificate', async (t) => {
  const server = createTlsServer(
    { ...TEST_TLS, ca: TEST_TLS.cert, requestCert: true, rejectUnauthorized: false },
    (req, res) => {
      res.end(String((req.socket as unknown as { authorized: boolean }).authorized))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const target = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const api = (id: string, tls: object) => gatewayApi(target, { id, listenPath: `/${id}`, upstream: { tls } })
  const { url, logged } = await startPlane(t, [
    api('plain', {}),
    api('trusting', { ca: TEST_TLS.cert }),
    api('mutual', { ca: TEST_TLS.cert, cert: TEST_TLS.cert, key: TEST_TLS.key }),
    api('careless', { insecureSkipVerify: true }),
  ])
  const bodyOf = async (id: string) => (await fetch(`${url}/${id}/x`)).text()
  t.is((await fetch(`${url}/plain/x`)).status, 502)
  t.regex(String(logged[0]?.[1]['error']), /self-signed/)
  t.deepEqual(await Promise.all(['trusting', 'mutual', 'careless'].map(bodyOf)), ['false', 'true', 'false'])
})
