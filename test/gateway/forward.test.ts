import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { keptConnections } from '../_kit/kept-connections.ts'
import { rawConnect, rawRequest } from '../_kit/raw-http.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

test('a request goes to the upstream without the listen path, with its bytes as they came', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const answer = await fetch(`${url}/pets/a%20b/%C3%A9%2Fc;v=1?q=%zz&r=a+b&&`, { headers: { 'x-mine': 'yes' } })
  t.is(answer.status, 200)
  t.deepEqual(await answer.json(), { upstream: true })
  t.is(upstream.last().path, '/a%20b/%C3%A9%2Fc;v=1?q=%zz&r=a+b&&')
  t.is(upstream.last().headers['x-mine'], 'yes')
})

test('the listen path itself is the root of the upstream, and stays when it is not stripped', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [
    gatewayApi(upstream.url),
    gatewayApi(upstream.url, { id: 'kept', listenPath: '/kept', stripListenPath: false }),
  ])
  const seen: string[] = []
  for (const path of ['/pets', '/pets/', '/pets?a=1', '/kept', '/kept/x']) {
    await fetch(url + path)
    seen.push(upstream.last().path)
  }
  t.deepEqual(seen, ['/', '/', '/?a=1', '/kept', '/kept/x'])
})

test('the path and the query of the upstream URL come before those of the request', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [
    gatewayApi(`${upstream.url}/v2/?key=1`),
    gatewayApi(upstream.url, { id: 'based', listenPath: '/based', upstream: { basePath: '/deep/' } }),
  ])
  const seen: string[] = []
  for (const path of ['/pets', '/pets/x?a=1', '/based/x']) {
    await fetch(url + path)
    seen.push(upstream.last().path)
  }
  t.deepEqual(seen, ['/v2/?key=1', '/v2/x?key=1&a=1', '/deep/x'])
})

test('Host names the upstream, or what the client asked for when it is preserved', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [
    gatewayApi(upstream.url),
    gatewayApi(upstream.url, { id: 'kept', listenPath: '/kept', upstream: { preserveHostHeader: true } }),
  ])
  await rawRequest(url, 'GET /pets/x HTTP/1.1\r\nHost: public.test\r\n\r\n')
  t.is(upstream.last().headers.host, `127.0.0.1:${upstream.port}`)
  await rawRequest(url, 'GET /kept/x HTTP/1.1\r\nHost: public.test\r\n\r\n')
  t.is(upstream.last().headers.host, 'public.test')
})

test('RFC 9112 §3.2.2: the authority of an absolute target counts, not Host', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [
    gatewayApi(upstream.url, { hosts: ['a.test'], upstream: { preserveHostHeader: true } }),
  ])
  const named = await rawRequest(url, 'GET http://a.test/pets/x?q HTTP/1.1\r\nHost: b.test\r\n\r\n')
  t.is(named.status, 200)
  t.is(upstream.last().path, '/x?q')
  t.is(upstream.last().headers.host, 'a.test')
  t.is(upstream.last().headers['x-forwarded-host'], 'a.test')
  const other = await rawRequest(url, 'GET http://b.test/pets/x HTTP/1.1\r\nHost: a.test\r\n\r\n')
  t.is(other.status, 404)
})

test('a status, its reason and every header come back as the upstream said them', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => {
    response.writeHead(299, 'Fine Enough', ['Set-Cookie', 'a=1', 'X-ODD-case', 'v\xe9', 'Set-Cookie', 'b=2'])
    response.end('body')
  })
  const answer = await rawRequest(url, 'GET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
  t.is(answer.statusLine, 'HTTP/1.1 299 Fine Enough')
  const kept = answer.headers.filter(([name]) => name === 'set-cookie' || name === 'x-odd-case')
  t.deepEqual(kept, [
    ['set-cookie', 'a=1'],
    ['x-odd-case', 'v\xe9'],
    ['set-cookie', 'b=2'],
  ])
  t.is(answer.body, 'body')
})

test('what is served nowhere gets 404, and an allow list adds 404 and 405 with Allow', async (t) => {
  const { url } = await planeBefore(t, { operations: [{ method: 'GET', path: '/declared' }] })
  t.is((await fetch(`${url}/elsewhere`)).status, 404)
  t.is((await fetch(`${url}/petsy`)).status, 404)
  t.is((await fetch(`${url}/pets/declared`)).status, 200)
  const unknown = await fetch(`${url}/pets/unknown`)
  t.is(unknown.status, 404)
  t.is(unknown.headers.get('content-type'), 'application/problem+json')
  t.like(await unknown.json(), { type: 'urn:gatehouse:problem:not_found', status: 404 })
  const wrong = await fetch(`${url}/pets/declared`, { method: 'DELETE' })
  t.is(wrong.status, 405)
  t.is(wrong.headers.get('allow'), 'GET, HEAD')
})

test('an operation may go to an upstream of its own, with the path that stands in its URL', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const other = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [
    gatewayApi(upstream.url, {
      upstream: { basePath: '/base' },
      operations: [{}, { method: 'GET', path: '/other', upstreamUrl: `${other.url}/else/` }],
    }),
  ])
  await fetch(`${url}/pets/x`)
  await fetch(`${url}/pets/other`)
  t.is(upstream.last().path, '/base/x')
  t.is(other.last().path, '/else/other')
})

test('a mounted OAuth endpoint is served here, with and without trailing slash, whatever the method', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const path of ['/pets/oauth/token', '/pets/oauth/token/', '/pets/oauth/authorize']) {
    t.is(await (await fetch(url + path, { method: 'POST' })).text(), 'oauth')
  }
  t.is(upstream.requests.length, 0)
})

test('metadata is asked for at the root and below the listen path; what is none goes on', async (t) => {
  const asked: [string, string | undefined][] = []
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [gatewayApi(upstream.url)], {
    deps: {
      wellKnown: (_, res, path, api) => {
        asked.push([path, api?.id])
        if (!path.includes('openid')) return false
        res.end('metadata')
        return true
      },
    },
  })
  t.is(await (await fetch(`${url}/.well-known/openid-configuration/pets`)).text(), 'metadata')
  t.is(await (await fetch(`${url}/pets/.well-known/openid-configuration`)).text(), 'metadata')
  t.is((await fetch(`${url}/.well-known/other`)).status, 404)
  t.is((await fetch(`${url}/pets/.well-known/other`)).status, 200)
  t.deepEqual(asked, [
    ['/.well-known/openid-configuration/pets', undefined],
    ['/.well-known/openid-configuration', 'pets'],
    ['/.well-known/other', undefined],
  ])
})

test('connections are kept alive on both sides', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const kept = keptConnections()
  upstream.answer(kept.listener)
  const connection = await rawConnect(url)
  for (let turn = 0; turn < 5; turn++) {
    connection.write('GET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n')
    t.is((await connection.read()).status, 200)
  }
  t.true(kept.opened() <= kept.allowed(), `${kept.opened()} connections`)
  connection.close()
})

test('pipelined requests are answered in their order', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer(
    (request, response) => void setTimeout(() => response.end(request.url), request.url === '/1' ? 50 : 0),
  )
  const connection = await rawConnect(url)
  connection.write([1, 2, 3].map((n) => `GET /pets/${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  const bodies = [await connection.read(), await connection.read(), await connection.read()].map(({ body }) => body)
  t.deepEqual(bodies, ['/1', '/2', '/3'])
  connection.close()
})

test('a thousand requests at once are all answered', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((request, response) => void setTimeout(() => response.end(request.url), 20))
  const answers = await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => (await fetch(`${url}/pets/${n}`)).text()),
  )
  t.deepEqual(
    answers,
    Array.from({ length: 1000 }, (_, n) => `/${n}`),
  )
})
