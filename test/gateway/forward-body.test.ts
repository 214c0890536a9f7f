import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { rawConnect, rawRequest } from '../_kit/raw-http.ts'
import { rawUpstream } from '../_kit/raw-upstream.ts'

const MEGABYTE = 1024 * 1024

test('a body of announced length arrives whole, with that length, whatever the method', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET', 'OPTIONS']) {
    await rawRequest(url, `${method} /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello`)
    t.is(upstream.last().method, method)
    t.is(upstream.last().body.toString(), 'hello', method)
    t.is(upstream.last().headers['content-length'], '5', method)
  }
})

test('a body of unknown length arrives whole, in chunks of the gateway’s own', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const method of ['POST', 'GET', 'DELETE']) {
    await rawRequest(
      url,
      `${method} /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`,
    )
    t.is(upstream.last().body.toString(), 'abcde', method)
    t.is(upstream.last().headers['transfer-encoding'], 'chunked', method)
    t.is(upstream.last().headers['content-length'], undefined, method)
  }
})

test('trailers of a body are passed on, without those that may not stand there or only the gateway may say', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const trailers = 'X-Sum: abc\r\nx_authenticated_userid: admin\r\nX-Consumer-Id: admin\r\nSet-Cookie: a\r\nX-Two: 2'
  for (let turn = 0; turn < 2; turn++) {
    await rawRequest(
      url,
      `POST /pets/x HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nTrailer: X-Sum, Host\r\nTransfer-Encoding: chunked\r\n\r\n` +
        `3\r\nabc\r\n0\r\n${trailers}\r\n\r\n`,
    )
    t.is(upstream.last().body.toString(), 'abc')
    t.is(upstream.last().headers.trailer, 'X-Sum')
    t.deepEqual(upstream.last().trailers, { 'x-sum': 'abc', 'x-two': '2' })
  }
  await rawRequest(url, 'POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n')
  t.deepEqual(upstream.last().trailers, {})
  await rawRequest(url, `POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-A: 1\r\n\r\n`)
  t.is(upstream.last().body.length, 0)
  await rawRequest(url, 'POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n')
  t.deepEqual(upstream.last().trailers, {})
})

test('an empty body stays empty', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const framing of ['Content-Length: 0\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n', '\r\n']) {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await rawRequest(url, `${method} /pets/x HTTP/1.1\r\nHost: a\r\n${framing}`)
      t.is(answer.status, 200)
      t.is(upstream.last().body.length, 0)
    }
  }
})

test('pieces of a body are passed on as they come, and the answer may begin before the body ends', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((request, response) => {
    response.flushHeaders()
    request.pipe(response)
  })
  const client = await rawConnect(url)
  client.write('POST /pets/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const piece of ['one', 'two', 'six']) {
    client.write(`3\r\n${piece}\r\n`)
    while (!client.buffered().includes(piece)) await once(client.socket, 'data')
  }
  client.write('0\r\n\r\n')
  t.is((await client.read()).body, 'onetwosix')
  client.close()
})

test.serial(
  'an upload as large as one likes passes through in bounded memory, at the pace of the upstream',
  async (t) => {
    const { url, upstream } = await planeBefore(t)
    let received = 0
    let release = (): void => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    upstream.answer(async (request, response) => {
      await held // the upstream does not read yet
      for await (const chunk of request) received += (chunk as Buffer).length
      response.end('done')
    })
    const request = httpRequest(`${url}/pets/x`, { method: 'POST' })
    const answered = once(request, 'response')
    const piece = Buffer.alloc(MEGABYTE)
    let sent = 0
    for (let full = false; !full; ) {
      sent += piece.length
      if (request.write(piece)) continue
      const waited = new Promise((resolve) => setTimeout(resolve, 300, 'full'))
      full = (await Promise.race([once(request, 'drain'), waited])) === 'full'
      t.true(sent < 64 * MEGABYTE, 'the client is held back while the upstream does not read')
    }
    release()
    let between = 0
    for (let turn = 0; turn < 200; turn++) {
      sent += piece.length
      if (!request.write(piece)) await once(request, 'drain')
      between = Math.max(between, sent - received)
    }
    t.true(between < 64 * MEGABYTE, `${between} bytes were on their way at once`)
    request.end()
    await answered
    t.is(received, sent)
  },
)

test('RFC 9110 §10.1.1: 100 Continue is said once the upstream can take the body, and not for a refused request', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const head = 'HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n'
  const client = await rawConnect(url)
  client.write(`POST /pets/x ${head}`)
  t.is((await client.read()).status, 100)
  client.write('hello')
  t.is((await client.read()).status, 200)
  t.is(upstream.last().body.toString(), 'hello')
  t.is(upstream.last().headers.expect, undefined)
  client.write(`POST /nowhere ${head}`)
  const refused = await client.read()
  t.is(refused.status, 404)
  t.is(refused.header('connection'), 'close')
  await client.closed()
})

test('an OAuth endpoint says 100 Continue as well', async (t) => {
  const { url } = await planeBefore(t)
  const client = await rawConnect(url)
  client.write('POST /pets/oauth/token HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n')
  t.is((await client.read()).status, 100)
  client.write('x')
  t.is((await client.read()).body, 'oauth')
  client.close()
})

test('no 100 Continue when the upstream cannot be reached; another expectation gets 417', async (t) => {
  const { url } = await startPlane(t, [gatewayApi('http://127.0.0.1:1')])
  const answer = await rawRequest(
    url,
    'POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
  )
  t.is(answer.status, 502)
  const odd = await rawRequest(url, 'POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: a-pony\r\n\r\n')
  t.is(odd.status, 417)
})

test('an upstream that answers before the body has ended is heard, and the client gets the answer whole', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answerOnce((_, response) => {
    response.writeHead(403).end('no thanks')
  })
  const client = await rawConnect(url)
  client.write(`POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * MEGABYTE}\r\n\r\n`)
  client.write(Buffer.alloc(MEGABYTE))
  const answer = await client.read()
  t.is(answer.status, 403)
  t.is(answer.body, 'no thanks')
  client.write(Buffer.alloc(MEGABYTE))
  client.write('GET /pets/next HTTP/1.1\r\nHost: a\r\n\r\n')
  t.is((await client.read()).status, 200, 'the rest was read, and the connection is good')
  client.close()
})

test('a client that goes on sending long after the answer is cut off', async (t) => {
  const { url, clock } = await planeBefore(t)
  const client = await rawConnect(url)
  client.write('POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n')
  t.is((await client.read()).status, 404)
  await clock.advance(6000)
  await client.closed()
  t.pass()
})

test('a connection outlives what was refused on it, while its next request is answered too', async (t) => {
  const { url, clock } = await planeBefore(t)
  const requests = [
    'GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n',
    'POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc',
    'POST /nowhere HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  ]
  for (const request of requests) {
    const client = await rawConnect(url)
    client.write(request)
    t.is((await client.read()).status, 404)
    client.write('GET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
    t.is((await client.read()).status, 200)
    await clock.advance(6000)
    client.write('GET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
    t.is((await client.read()).status, 200, request)
    client.close()
  }
})

test('requestSizeLimit: an announced length is refused at once, an unannounced one when it is exceeded', async (t) => {
  const { url, upstream } = await planeBefore(t, { operations: [{ policies: { requestSizeLimit: 10 } }] })
  const fits = await fetch(`${url}/pets/x`, { method: 'POST', body: '0123456789' })
  t.is(fits.status, 200)
  const tooLong = await fetch(`${url}/pets/x`, { method: 'POST', body: '0123456789a' })
  t.is(tooLong.status, 413)
  t.like(await tooLong.json(), { type: 'urn:gatehouse:problem:content_too_large', status: 413 })
  t.is(upstream.requests.length, 1)
  const client = await rawConnect(url)
  client.write('POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n01234567\r\n')
  client.write('8\r\n01234567\r\n')
  t.is((await client.read()).status, 413)
  t.true(upstream.requests.every(({ aborted, body }) => aborted || body.length <= 10))
  client.close()
})

test('a client that goes away in the middle of its body ends the request to the upstream', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const gone = new Promise((resolve) => upstream.answer((request) => void request.on('error', resolve).resume()))
  const client = await rawConnect(url)
  client.write('POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome')
  while (upstream.requests.length === 0) await new Promise(setImmediate)
  client.close()
  t.is(((await gone) as { code: string }).code, 'ECONNRESET')
})

test('an upstream that dies while the body is sent is a 502', async (t) => {
  const upstream = await rawUpstream(t, (socket, received) => void (received.includes('some') && socket.destroy()))
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  const answer = await rawRequest(url, 'POST /pets/x HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nsome')
  t.is(answer.status, 502)
  t.is(upstream.connections(), 1, 'a request with a body is not sent twice')
})
