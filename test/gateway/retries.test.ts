import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { type ApiWish, gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { checkedPolicies } from '../_kit/policies.ts'
import { rawUpstream } from '../_kit/raw-upstream.ts'
import { until } from '../_kit/until.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const NOW = { backoff: 0 }

const before = (t: ExecutionContext, retries: object, wish: ApiWish = {}) =>
  planeBefore(t, { upstream: { retries }, ...wish })

test('RFC 9110 §9.2.2: idempotent requests are sent again upon answers that say to, others are not', async (t) => {
  const { url, upstream } = await before(t, { ...NOW, max: 2 })
  const once = async (method: string) => {
    upstream.answerOnce({ status: 503 })
    return (await fetch(`${url}/pets`, { method })).status
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'DELETE', 'PUT']) t.is(await once(method), 200, method)
  for (const method of ['POST', 'PATCH']) t.is(await once(method), 503, method)
})

test('the last answer is passed on when none was better, and other answers at once', async (t) => {
  const { url, upstream } = await before(t, { ...NOW, max: 2 })
  upstream.answer({ status: 503, body: 'still not' })
  const response = await fetch(`${url}/pets`)
  t.is(response.status, 503)
  t.is(await response.text(), 'still not')
  t.is(upstream.requests.length, 3)
  upstream.answer({ status: 500 })
  await fetch(`${url}/pets`)
  t.is(upstream.requests.length, 4)
})

test('without `retries` nothing is sent again', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer({ status: 503 })
  t.is((await fetch(`${url}/pets`)).status, 503)
  t.is(upstream.requests.length, 1)
})

test('an operation may have rules of its own', async (t) => {
  const { url, upstream } = await planeBefore(t, {
    operations: [{ policies: checkedPolicies({ retries: { ...NOW, max: 1, statuses: [429] } }) }],
  })
  upstream.answerOnce({ status: 429 })
  t.is((await fetch(`${url}/pets`)).status, 200)
})

test('connections that are lost before there is an answer count as failures', async (t) => {
  let times = 0
  const upstream = await rawUpstream(t, (socket) => {
    if (++times <= 3) socket.destroy()
    else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
  const api = (max: number) => gatewayApi(upstream.url, { upstream: { retries: { ...NOW, max } } })
  const { url, publish } = await startPlane(t, [api(0)])
  t.is((await fetch(`${url}/pets`)).status, 502)
  times = 0
  publish([api(2)])
  t.is((await fetch(`${url}/pets`)).status, 200)
})

test('a body that is small goes again byte for byte; one that is not kept is not sent again', async (t) => {
  const { url, upstream } = await before(t, { ...NOW, max: 2 })
  const put = async (body: string | ReadableStream) => {
    upstream.answerOnce({ status: 503 })
    return (await fetch(`${url}/pets`, { method: 'PUT', body, ...{ duplex: 'half' } })).status
  }
  t.is(await put('small'), 200)
  t.deepEqual(
    upstream.requests.map(({ body }) => body.toString()),
    ['small', 'small'],
  )
  const streamed = new Blob(['a'.repeat(30_000), 'b'.repeat(30_000)]).stream()
  t.is(await put(streamed), 200)
  t.is(upstream.last().body.length, 60_000)
  t.is(await put('x'.repeat(70_000)), 503)
})

test('an answer that comes before the body has ended is retried with the rest of the body', async (t) => {
  const { url, upstream } = await before(t, { ...NOW, max: 1 })
  upstream.answerOnce((_, response) => void response.writeHead(503).end())
  let send = (_: string): void => {}
  let end = (): void => {}
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      send = (text) => controller.enqueue(new TextEncoder().encode(text))
      end = () => controller.close()
    },
  })
  const { promise: whole, resolve: got } = Promise.withResolvers<string>()
  upstream.answer(async (request, response) => {
    got(await text(request))
    response.end()
  })
  send('first ')
  const answered = fetch(`${url}/pets`, { method: 'PUT', body, ...{ duplex: 'half' } })
  await until(() => upstream.requests.length === 2)
  send('second')
  end()
  t.is((await answered).status, 200)
  t.is(await whole, 'first second')
})

test('an attempt that takes too long makes room for another; all of them share one time limit', async (t) => {
  const [slow, quick] = await Promise.all([forTest(t, startUpstream()), forTest(t, startUpstream())])
  slow.answer(() => {})
  const targets = [{ url: slow.url, weight: 2 }, { url: quick.url }]
  const upstream = { loadBalancing: { targets }, retries: { ...NOW, max: 1, timeout: '2s' } }
  const { url, clock, publish } = await startPlane(t, [gatewayApi(slow.url, { upstream })])
  const waiting = fetch(`${url}/pets`)
  await until(() => slow.requests.length > 0)
  await clock.advance(2_000)
  t.is((await waiting).status, 200)
  publish([
    gatewayApi(slow.url, { upstream: { retries: { ...NOW, max: 5, timeout: '4s' }, timeout: { total: '10s' } } }),
  ])
  const hopeless = fetch(`${url}/pets`)
  for (const asked of [2, 3, 4]) {
    await until(() => slow.requests.length >= asked)
    await clock.advance(4_000)
  }
  t.is((await hopeless).status, 504)
  t.is(slow.requests.length, 4)
})

test('between attempts to one target there is a pause that grows', async (t) => {
  const { url, upstream, clock } = await before(t, { max: 2, backoff: '100ms' })
  upstream.answer({ status: 503 })
  const waiting = fetch(`${url}/pets`)
  for (const [attempt, longest] of [
    [1, 100],
    [2, 200],
  ] as const) {
    await until(() => clock.next() <= longest)
    t.is(upstream.requests.length, attempt)
    t.true(clock.next() >= longest / 2, `${clock.next()} ms after attempt ${attempt}`)
    await clock.advance(clock.next())
  }
  t.is((await waiting).status, 503)
  t.is(upstream.requests.length, 3)
})

test('when everything fails, at most one request in five is a repetition, after a reserve', async (t) => {
  const { url, upstream } = await before(t, { ...NOW, max: 3 })
  upstream.answer({ status: 503 })
  for (let request = 0; request < 100; request++) await fetch(`${url}/pets`)
  t.true(upstream.requests.length >= 130 && upstream.requests.length <= 141, String(upstream.requests.length))
})

test('a client that goes away ends the attempts', async (t) => {
  const { url, upstream, clock } = await before(t, { max: 5, backoff: '1s' })
  upstream.answer({ status: 503 })
  const controller = new AbortController()
  const waiting = fetch(`${url}/pets`, { signal: controller.signal }).catch(() => 'gone')
  await until(() => clock.next() <= 1000) // the pause before the second attempt
  controller.abort()
  t.is(await waiting, 'gone')
  await until(() => clock.next() > 1000)
  await clock.advance(60_000)
  t.is(upstream.requests.length, 1)
})
