import { once } from 'node:events'
import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { rawConnect, rawRequest } from '../_kit/raw-http.ts'
import { rawUpstream } from '../_kit/raw-upstream.ts'
import { until } from '../_kit/until.ts'

const request = (method = 'GET', path = '/pets/x'): string => `${method} ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const problemOf = (body: string) => JSON.parse(body) as Readonly<Record<string, unknown>>

test('an upstream that cannot be reached is a 502 that says nothing of where it is', async (t) => {
  const { url, logged } = await startPlane(t, [gatewayApi('http://127.0.0.1:1/secret-base')])
  const answer = await rawRequest(url, request())
  t.is(answer.status, 502)
  t.is(answer.header('content-type'), 'application/problem+json')
  t.is(problemOf(answer.body)['type'], 'urn:gatehouse:problem:upstream_unreachable')
  t.is(problemOf(answer.body)['request_id'], answer.header('x-request-id'))
  t.false(/127\.0\.0\.1|secret-base|ECONNREFUSED/.test(answer.body))
  t.is(logged[0]?.[1]['request_id'], answer.header('x-request-id'))
  t.regex(String(logged[0]?.[1]['error']), /ECONNREFUSED/)
})

test('a name that does not resolve is a 502', async (t) => {
  const { url } = await startPlane(t, [gatewayApi('http://no-such-host.invalid')])
  t.is((await rawRequest(url, request())).status, 502)
})

test('an upstream that is late is a 504, and the request to it ends', async (t) => {
  const { url, upstream, clock } = await planeBefore(t, { upstream: { timeout: { total: '2s' } } })
  const ended = new Promise<void>((resolve) => upstream.answer((_, response) => void response.on('close', resolve)))
  const client = await rawConnect(url)
  client.write(request())
  while (upstream.requests.length === 0) await new Promise(setImmediate)
  await clock.advance(1999)
  t.is(client.buffered(), '')
  await clock.advance(1)
  const answer = await client.read()
  t.is(answer.status, 504)
  t.is(problemOf(answer.body)['type'], 'urn:gatehouse:problem:upstream_timeout')
  t.is(problemOf(answer.body)['request_id'], answer.header('x-request-id'))
  await ended
  client.write(request('GET', '/nowhere'))
  t.is((await client.read()).status, 404, 'the client’s connection goes on')
  client.close()
})

test('timeout: an operation may have a limit of its own', async (t) => {
  const { url, upstream, clock } = await planeBefore(t, { operations: [{ policies: { timeout: 100 } }] })
  upstream.answer(() => {})
  const client = await rawConnect(url)
  client.write(request())
  while (upstream.requests.length === 0) await new Promise(setImmediate)
  await clock.advance(100)
  t.is((await client.read()).status, 504)
  client.close()
})

test('an answer that has begun in time may take as long as it likes', async (t) => {
  const { url, upstream, clock } = await planeBefore(t, { upstream: { timeout: { total: '1s' } } })
  upstream.answer((_, response) => {
    response.write('begun')
    setTimeout(() => response.end(' ended'), 50)
  })
  const client = await rawConnect(url)
  client.write(request())
  while (!client.buffered().includes('begun')) await once(client.socket, 'data')
  await clock.advance(10_000)
  t.is((await client.read()).body, 'begun ended')
  client.close()
})

test('an upstream is not late while the client still sends the body', async (t) => {
  const { url, upstream, clock } = await planeBefore(t, { upstream: { timeout: { total: '1s' } } })
  const client = await rawConnect(url)
  client.write('POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n')
  let seen = 0
  upstream.answer((incoming, response) => {
    incoming.on('data', (chunk: Buffer) => {
      seen += chunk.length
    })
    incoming.on('end', () => response.end('whole'))
  })
  for (let piece = 1; piece <= 4; piece++) {
    client.write('ab')
    while (seen < piece * 2) await new Promise(setImmediate)
    await clock.advance(900)
  }
  t.is((await client.read()).body, 'whole')
  client.close()
})

test('clients that stop sending get 408, and nothing is said against the upstream', async (t) => {
  const circuitBreaker = { threshold: 0.5, sampleSize: 4 }
  const { url, upstream, clock, logged } = await planeBefore(t, {
    upstream: { timeout: { total: '1s' }, circuitBreaker },
  })
  let begun = 0
  upstream.answer((incoming) => {
    incoming.on('data', () => begun++)
  })
  const clients = await Promise.all(Array.from({ length: 8 }, () => rawConnect(url)))
  for (const client of clients) client.write('POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nab')
  await until(() => begun === clients.length)
  await clock.advance(1000)
  for (const client of clients) {
    t.is((await client.read()).status, 408)
    client.close()
  }
  upstream.answer({ status: 200 })
  t.is((await rawRequest(url, request())).status, 200)
  t.deepEqual(
    logged.filter(([level]) => level === 'error'),
    [],
  )
})

test('an attempt is not late, and is not made again, while the client still sends', async (t) => {
  const retries = { max: 2, timeout: '1s', backoff: 0 }
  const { url, upstream, clock } = await planeBefore(t, { upstream: { timeout: { total: '60s' }, retries } })
  let seen = 0
  upstream.answer((incoming, response) => {
    incoming.on('data', (chunk: Buffer) => {
      seen += chunk.length
    })
    incoming.on('end', () => response.end('whole'))
  })
  const client = await rawConnect(url)
  client.write('PUT /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n')
  for (let piece = 1; piece <= 4; piece++) {
    client.write('ab')
    await until(() => seen === piece * 2)
    await clock.advance(piece % 2 === 0 ? 900 : 3000)
  }
  t.is((await client.read()).body, 'whole')
  t.is(upstream.requests.length, 1)
  client.close()
})

test('a client that goes away ends the request to the upstream', async (t) => {
  const { url, upstream, logged } = await planeBefore(t)
  const ended = new Promise<void>((resolve) => upstream.answer((_, response) => void response.on('close', resolve)))
  const client = await rawConnect(url)
  client.write(request())
  while (upstream.requests.length === 0) await new Promise(setImmediate)
  client.close()
  await ended
  t.deepEqual(logged, [], 'that is no error')
})

test('a kept-alive connection that the upstream has just closed is no error for a request that may be repeated', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => {
    // every connection serves one request, and is closed when the second one comes
    const count = received.split('\r\n\r\n').length - 1
    if (count > 1) socket.destroy()
    else if (received.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  for (let turn = 0; turn < 4; turn++) t.is((await rawRequest(url, request())).body, 'ok')
  t.true(upstream.connections() >= 2)
})

test('a request that may not be repeated is sent once, and any other three times at most', async (t) => {
  let requests = 0
  const upstream = await rawUpstream(t, (socket) => {
    requests++
    socket.destroy()
  })
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  t.is((await rawRequest(url, request('POST'))).status, 502)
  t.is(requests, 1)
  t.is((await rawRequest(url, request('GET'))).status, 502)
  t.is(requests, 4)
})

test('a request that the upstream has begun to answer, even with a 100 Continue that nobody asked for, is not sent again', async (t) => {
  let requests = 0
  const upstream = await rawUpstream(t, (socket) => {
    requests++
    socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  t.is((await rawRequest(url, request('GET'))).status, 502)
  t.is(requests, 1)
})

test('a bug is a 500 that names the log line, and nothing else', async (t) => {
  const api = gatewayApi('http://127.0.0.1:1')
  const broken = {
    ...api,
    routes: {
      ...api.routes,
      match: () => {
        throw new Error('the secret inside')
      },
    },
  }
  const { url, logged } = await startPlane(t, [broken])
  const answer = await rawRequest(url, request())
  t.is(answer.status, 500)
  t.false(answer.body.includes('secret'))
  t.is(problemOf(answer.body)['error_id'], logged[0]?.[1]['request_id'])
  t.regex(String(logged[0]?.[1]['error']), /the secret inside[\s\S]*at /)
})

test('a request in flight ends on the snapshot it began with, and the next one begins on the new one', async (t) => {
  const { url, upstream, publish } = await planeBefore(t)
  let finish = (): void => {}
  upstream.answer((_, response) => {
    finish = () => response.end('old')
  })
  const client = await rawConnect(url)
  client.write(request())
  while (upstream.requests.length === 0) await new Promise(setImmediate)
  publish([gatewayApi(upstream.url, { listenPath: '/moved' })])
  finish()
  t.is((await client.read()).body, 'old')
  client.write(request())
  t.is((await client.read()).status, 404)
  client.close()
})
