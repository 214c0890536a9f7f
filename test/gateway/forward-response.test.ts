import { once } from 'node:events'
import { get as httpGet, type IncomingMessage } from 'node:http'
import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { rawConnect, rawRequest } from '../_kit/raw-http.ts'
import { always, rawUpstream } from '../_kit/raw-upstream.ts'
import { until } from '../_kit/until.ts'

const MEGABYTE = 1024 * 1024
const request = (method = 'GET', version = '1.1'): string => `${method} /pets/x HTTP/${version}\r\nHost: a\r\n\r\n`

/** A gateway before an upstream that answers every request with these bytes. */
async function before(t: Parameters<typeof rawUpstream>[0], bytes: string) {
  const upstream = await rawUpstream(t, always(bytes))
  return startPlane(t, [gatewayApi(upstream.url)])
}

test('HEAD gets the head of the answer, length included, and no body', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => {
    response.writeHead(200, { 'content-length': '1234', etag: '"x"' }).end()
  })
  const client = await rawConnect(url)
  client.write(request('HEAD'))
  while (!client.buffered().includes('\r\n\r\n')) await once(client.socket, 'data')
  t.regex(client.buffered(), /Content-Length: 1234\r\n/i)
  t.true(client.buffered().endsWith('\r\n\r\n'))
  t.is(upstream.last().method, 'HEAD')
  client.close()
})

test('204 and 304 have no body; a 304 keeps its length', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const client = await rawConnect(url)
  for (const status of [204, 304]) {
    upstream.answerOnce((_, response) => {
      response.writeHead(status, status === 304 ? { 'content-length': '9', etag: '"e"' } : {}).end()
    })
    client.write(request())
    const answer = await client.read()
    t.is(answer.status, status)
    t.is(answer.header('content-length'), status === 304 ? '9' : undefined)
    t.is(answer.header('transfer-encoding'), undefined)
  }
  client.write(request())
  t.is((await client.read()).status, 200, 'the connection is still in step')
  client.close()
})

test('interim answers are passed on before the final one, but not to HTTP/1.0', async (t) => {
  const bytes =
    'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Own: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const { url } = await before(t, bytes)
  const client = await rawConnect(url)
  client.write(request())
  const hints = await client.read()
  t.is(hints.status, 103)
  t.is(hints.header('link'), '</a.css>; rel=preload')
  t.is(hints.header('x-own'), '1')
  t.is((await client.read()).status, 102)
  t.is((await client.read()).body, 'ok')
  client.close()
  t.is((await rawRequest(url, request('GET', '1.0'))).status, 200)
})

test('trailers of an answer are passed on, without those that may not stand there', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => {
    response.writeHead(200, { Trailer: 'X-Sum, Content-Length' })
    response.write('body')
    response.addTrailers({ 'X-Sum': 'abc', 'Set-Cookie': 'a=1' })
    response.end()
  })
  const [answer] = (await once(httpGet(`${url}/pets/x`), 'response')) as [IncomingMessage]
  t.is(answer.headers.trailer, 'X-Sum')
  for await (const _ of answer) {
    // read to the end: trailers come after the body
  }
  t.deepEqual(answer.trailers, { 'x-sum': 'abc' })
})

test('an HTTP/1.0 client gets no chunks: the end of the connection is the end of the body', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => {
    response.write('one')
    response.end('two')
  })
  const answer = await rawRequest(url, request('GET', '1.0'))
  t.is(answer.header('transfer-encoding'), undefined)
  t.is(answer.body, 'onetwo')
})

test('a body that ends with the upstream’s connection is passed on whole', async (t) => {
  const upstream = await rawUpstream(
    t,
    (socket) => void socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'),
  )
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  t.is((await rawRequest(url, request())).body, 'all of it')
})

test('server-sent events arrive one by one, and the head before the first of them', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const sink = new Promise<import('node:http').ServerResponse>((resolve) =>
    upstream.answer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      resolve(response)
    }),
  )
  const client = await rawConnect(url)
  client.write(request())
  while (!client.buffered().includes('text/event-stream')) await once(client.socket, 'data')
  const events = await sink
  for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
    events.write(event)
    while (!client.buffered().includes(event)) await once(client.socket, 'data')
  }
  const ended = once(events, 'close')
  client.close()
  await ended
  t.pass('a reader that leaves ends the stream at the upstream')
})

test.serial(
  'an answer as large as one likes passes through in bounded memory, at the pace of the client',
  async (t) => {
    const { url, upstream } = await planeBefore(t)
    const piece = Buffer.alloc(MEGABYTE)
    let sent = 0
    let stalled = (): void => {}
    const stall = new Promise<void>((resolve) => {
      stalled = resolve
    })
    upstream.answer(async (_, response) => {
      for (let turn = 0; turn < 200; turn++) {
        sent += piece.length
        if (response.write(piece)) continue
        const drained = once(response, 'drain')
        if ((await Promise.race([drained, new Promise((resolve) => setTimeout(resolve, 200, 'stall'))])) === 'stall')
          stalled()
        await drained
      }
      response.end()
    })
    const [answer] = (await once(httpGet(`${url}/pets/x`), 'response')) as [IncomingMessage]
    await stall // nobody reads, so nobody writes
    t.true(sent < 40 * MEGABYTE, `${sent}`)
    let received = 0
    let between = 0
    for await (const chunk of answer) {
      received += (chunk as Buffer).length
      between = Math.max(between, sent - received)
    }
    t.is(received, 200 * MEGABYTE)
    t.true(between < 40 * MEGABYTE, `${between} bytes were on their way at once`)
  },
)

test.serial('a client that stops reading is cut off after a while', async (t) => {
  const { url, upstream, clock } = await planeBefore(t)
  const closed = new Promise<void>((resolve) =>
    upstream.answer((_, response) => {
      const fill = (): void => {
        while (response.write(Buffer.alloc(MEGABYTE)));
      }
      response.on('drain', fill).on('close', resolve)
      fill()
    }),
  )
  const client = await rawConnect(url)
  client.write(request())
  await once(client.socket, 'data')
  client.socket.pause()
  let over = false
  void closed.then(() => {
    over = true
  })
  // Buffers on the way fill up first, so that once is not enough.
  await until(async () => {
    await clock.advance(121_000)
    return over
  })
  t.pass()
  client.close()
})

test('an upstream that dies in the middle of an answer breaks the client’s connection off', async (t) => {
  for (const head of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
    const piece = head.startsWith('Content') ? 'some' : '4\r\nsome\r\n'
    const upstream = await rawUpstream(t, (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${piece}`, () => setTimeout(() => socket.destroy(), 20))
    })
    const { url } = await startPlane(t, [gatewayApi(upstream.url)])
    const client = await rawConnect(url)
    client.write(request())
    await client.closed()
    t.true(client.buffered().includes('some'), head)
    t.false(client.buffered().includes('\r\n0\r\n'), 'no end is feigned')
  }
})

test('bytes that are no answer are a 502 with a request id, and nothing of them goes on', async (t) => {
  const bad = {
    'no HTTP': 'SSH-2.0-OpenSSH_9.9\r\n\r\n',
    'length beside chunks':
      'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    'no length': 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nabc',
    'control character': 'HTTP/1.1 200 OK\r\nX-Bad: a\x01b\r\nContent-Length: 0\r\n\r\n',
    'space before the colon': 'HTTP/1.1 200 OK\r\nX-Bad : a\r\nContent-Length: 0\r\n\r\n',
    'unasked switch': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    'endless head': `HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(100_000)}\r\n\r\n`,
    'status 000': 'HTTP/1.1 000 Nothing\r\nContent-Length: 0\r\n\r\n',
  }
  for (const [what, bytes] of Object.entries(bad)) {
    const { url, logged } = await before(t, bytes)
    const answer = await rawRequest(url, request())
    t.is(answer.status, 502, what)
    const problem = JSON.parse(answer.body) as Record<string, unknown>
    t.is(problem['request_id'], answer.header('x-request-id'), what)
    t.is(logged.length, 1, what)
  }
})

test('an answer that is longer or shorter than it says does not reach the next one', async (t) => {
  const { url } = await before(
    t,
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
  )
  for (let turn = 0; turn < 3; turn++) t.is((await rawRequest(url, request())).body, 'ok')
})
