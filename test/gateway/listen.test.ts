import { once } from 'node:events'
import type { Server } from 'node:http'
import { request } from 'node:https'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { drain, listen } from '../../src/gateway/listen.ts'
import { createListener } from '../../src/gateway/listener.ts'
import { handClock } from '../_kit/clock.ts'
import { TEST_TLS } from '../_kit/tls.ts'
import { until } from '../_kit/until.ts'

const MINUTE = 60_000

/** A listener with TLS that answers nothing. `headerTimeout` in milliseconds. */
async function tlsListener(t: ExecutionContext, headerTimeout: number) {
  const server = createListener(() => {}, { headerBytes: 4096, headerTimeout, requestTimeout: MINUTE }, TEST_TLS)
  const url = await listen(server, { host: '127.0.0.1', port: 0 }, 'https')
  t.teardown(() => server.close())
  return { server, url }
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))))

/** A client that has connected and says nothing. */
async function muteClient(t: ExecutionContext, url: string): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1').on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  socket.resume()
  return socket
}

test('a connection without a TLS handshake is cut with the others when the drain timeout is over', async (t) => {
  const { server, url } = await tlsListener(t, MINUTE)
  const mute = await muteClient(t, url)
  const waiting = request(url, { ca: TEST_TLS.cert }).on('error', () => {})
  waiting.end()
  await until(async () => (await connections(server)) === 2)
  const clock = handClock()
  let drained = false
  const ended = drain(server, 1000, clock).then(() => {
    drained = true
  })
  await clock.advance(999)
  t.false(drained)
  t.false(mute.destroyed)
  await clock.advance(1)
  await until(() => drained && mute.destroyed)
  await ended
})

test('a TLS handshake has the time that the head of a request has', async (t) => {
  const { server, url } = await tlsListener(t, 200)
  const mute = await muteClient(t, url)
  await until(() => mute.destroyed)
  t.is(await connections(server), 0)
})
