import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Dispatcher } from 'undici'
import { createUpstreamPools, type UpstreamPool } from '../../src/gateway/forward-pools.ts'
import { compileTarget } from '../../src/upstream/target.ts'
import { handClock } from '../_kit/clock.ts'

/** An upstream that answers when it is told to. */
async function slowUpstream(t: ExecutionContext) {
  const waiting: ServerResponse[] = []
  const sockets = new Set<Socket>()
  const server = createServer((_, response) => void waiting.push(response))
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close().closeAllConnections())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, waiting, sockets, server }
}

const target = (url: string, change: object = {}) =>
  compileTarget({ url, preserveHostHeader: false, timeout: { connect: 5000, total: 30_000 }, ...change })

/** Sends a request; resolves with its status, or with the problem that kept it from being sent. */
function send(pool: UpstreamPool): Promise<number> {
  return new Promise((resolve, reject) => {
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart: (_, status) => resolve(status),
      onResponseData() {},
      onResponseEnd: () => pool.release(),
      onResponseError(_, error) {
        pool.release()
        reject(error)
      },
    }
    const busy = pool.dispatch({ path: '/', method: 'GET' }, handler)
    if (busy) {
      pool.release()
      resolve(busy.status)
    }
  })
}

test('one upstream gets so many sockets, so many requests wait for them, and the rest are 503', async (t) => {
  const upstream = await slowUpstream(t)
  const pools = createUpstreamPools(handClock(), { connections: 2, inFlight: 4 })
  const pool = pools.poolFor(target(upstream.url))
  const answers = Array.from({ length: 4 }, () => send(pool))
  t.is(await send(pool), 503)
  while (upstream.waiting.length < 2) await once(upstream.server, 'request')
  t.is(upstream.sockets.size, 2)
  for (let served = 0; served < 4; served++) {
    while (upstream.waiting.length === 0) await once(upstream.server, 'request')
    upstream.waiting.shift()?.end()
  }
  t.deepEqual(await Promise.all(answers), [200, 200, 200, 200])
  const again = send(pool)
  while (upstream.waiting.length === 0) await once(upstream.server, 'request')
  upstream.waiting.shift()?.end()
  t.is(await again, 200, 'what is over makes room')
  await pools.close()
})

test('targets that connect alike share a pool, others do not', async (t) => {
  const pools = createUpstreamPools(handClock())
  const one = pools.poolFor(target('http://a.test/x'))
  t.is(pools.poolFor(target('http://a.test/y?z', { preserveHostHeader: true })), one)
  t.not(pools.poolFor(target('http://a.test:81/x')), one)
  t.not(pools.poolFor(target('http://a.test/x', { timeout: { connect: 1, total: 1 } })), one)
  t.not(
    pools.poolFor(target('https://a.test/x', { tls: { insecureSkipVerify: true } })),
    pools.poolFor(target('https://a.test/x')),
  )
  await pools.close()
})

test('a pool that nobody uses closes its sockets, and opens again for a plan that still holds it', async (t) => {
  const upstream = await slowUpstream(t)
  const clock = handClock()
  const pools = createUpstreamPools(clock)
  const pool = pools.poolFor(target(upstream.url))
  const ask = async () => {
    const answer = send(pool)
    while (upstream.waiting.length === 0) await once(upstream.server, 'request')
    return { answer, end: () => upstream.waiting.shift()?.end() }
  }
  const first = await ask()
  await clock.advance(1_200_000)
  first.end()
  t.is(await first.answer, 200, 'not while a request is under way, however long it takes')
  const [socket] = upstream.sockets
  const closed = socket ? once(socket, 'close') : Promise.resolve()
  await clock.advance(1_200_000)
  await closed
  const second = await ask()
  second.end()
  t.is(await second.answer, 200)
  await pools.close()
})
