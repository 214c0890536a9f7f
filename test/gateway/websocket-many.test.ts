import { once } from 'node:events'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { WebSocket, WebSocketServer } from 'ws'
import { gatewayApi, startPlane } from '../_kit/data-plane.ts'
import { TEST_TLS } from '../_kit/tls.ts'
import { openSocket } from '../_kit/websocket-client.ts'
import { startWebSocketUpstream } from '../_kit/websocket-upstream.ts'
import { forTest } from '../_kit/world.ts'

const MANY = 2000
const AT_ONCE = 100

test(`${MANY} sockets are open at once, each of them works, and memory is bounded and given back`, async (t) => {
  const upstream = await forTest(t, startWebSocketUpstream({ perMessageDeflate: false }))
  const { url, openSockets } = await startPlane(t, [gatewayApi(upstream.url)])
  const at = `${url.replace('http', 'ws')}/pets/room`
  const before = process.memoryUsage().rss
  const sockets: WebSocket[] = []
  t.teardown(() => sockets.forEach((socket) => void socket.terminate()))
  while (sockets.length < MANY) {
    const batch = Array.from({ length: AT_ONCE }, () => new WebSocket(at, { perMessageDeflate: false }))
    sockets.push(...batch)
    await Promise.all(batch.map((socket) => once(socket, 'open')))
  }
  t.is(openSockets(), MANY)
  const answers = await Promise.all(
    sockets.map(async (socket, index) => {
      const answer = once(socket, 'message')
      socket.send(`I am ${index}`)
      return String((await answer)[0]) === `I am ${index}`
    }),
  )
  t.true(answers.every((good) => good))
  // Clients, gateway and upstream are all in this process: four sockets for each of them.
  const each = (process.memoryUsage().rss - before) / MANY
  t.true(each < 200 * 1024, `${Math.round(each / 1024)} KiB for each`)
  for (const socket of sockets) socket.close()
  while (openSockets() > 0) await new Promise((resolve) => setImmediate(resolve))
  t.pass()
})

test('wss on both sides: the certificate of the upstream is checked', async (t) => {
  const server = createTlsServer(TEST_TLS)
  new WebSocketServer({ server }).on('connection', (socket) =>
    socket.on('message', (data) => socket.send(String(data))),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const upstream = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`
  const known = gatewayApi(upstream, { id: 'known', listenPath: '/known', upstream: { tls: { ca: TEST_TLS.cert } } })
  const unknown = gatewayApi(upstream, { id: 'unknown', listenPath: '/unknown' })
  const { url } = await startPlane(t, [known, unknown], { tls: TEST_TLS })
  const { ask, socket } = await openSocket(t, `${url}/known`, { rejectUnauthorized: false })
  t.true(socket.url.startsWith('wss:'))
  t.is(await ask('secret'), 'secret')
  await t.throwsAsync(openSocket(t, `${url}/unknown`, { rejectUnauthorized: false }), { message: '502' })
})
