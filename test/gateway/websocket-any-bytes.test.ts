import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import test from 'ava'
import { gatewayApi, startPlane } from '../_kit/data-plane.ts'
import { until } from '../_kit/until.ts'

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
const ACCEPT = createHash('sha1').update(`${KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')

test('no bytes whatever, from either side, break the gateway or keep a socket open', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(
        `HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${ACCEPT}\r\n\r\n`,
      )
      socket.write(randomBytes(1 + (randomBytes(1)[0] ?? 0) * 20))
      if ((randomBytes(1)[0] ?? 0) < 128) socket.resetAndDestroy()
      else socket.resume()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const upstream = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { url, openSockets, clock, logged } = await startPlane(t, [gatewayApi(upstream)])
  const { port } = new URL(url)
  const clients: Socket[] = []
  for (let count = 0; count < 200; count++) {
    const client = connect(Number(port), '127.0.0.1')
    client.on('error', () => {})
    clients.push(client)
    await once(client, 'connect')
    client.write(
      `GET /pets HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
    )
    client.write(randomBytes(1 + (randomBytes(1)[0] ?? 0) * 20))
    if (count % 3 === 0) client.resetAndDestroy()
    else if (count % 3 === 1) client.end()
    else client.resume()
  }
  for (const client of clients) client.destroy()
  await until(async () => {
    await clock.advance(100)
    return openSockets() === 0
  })
  t.deepEqual(
    logged.filter(([level]) => level === 'error'),
    [],
  )
})

test('an upstream that answers another key is not believed', async (t) => {
  const server = createServer((socket) =>
    socket.once('data', () =>
      socket.write(
        'HTTP/1.1 101 Fine\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: no\r\n\r\n',
      ),
    ),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { url, openSockets } = await startPlane(t, [
    gatewayApi(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`),
  ])
  const client = connect(Number(new URL(url).port), '127.0.0.1')
  client.write(
    `GET /pets HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n\r\n`,
  )
  const [answer] = (await once(client, 'data')) as [Buffer]
  t.regex(String(answer), /^HTTP\/1\.1 502 /)
  t.is(openSockets(), 0)
  client.destroy()
})
