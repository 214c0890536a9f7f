import test from 'ava'
import { caching, FRESH } from '../../_kit/caching.ts'
import { rawRequest } from '../../_kit/raw-http.ts'
import { until } from '../../_kit/until.ts'

type Headers = Readonly<Record<string, string | string[]>>

test('RFC 9111 §4: an answer is given again while it is fresh, with its age, and got anew when it is not', async (t) => {
  const { answers, get, clock, asked } = await caching(t)
  answers({ ...FRESH, 'content-type': 'text/x-dog', connection: 'close' })
  const first = await get()
  t.is(first.header('cache-status'), 'gatehouse; fwd=miss; stored')
  await clock.advance(59_500)
  const second = await get()
  t.is(second.body, 'answer 1')
  t.is(second.header('age'), '59')
  t.is(second.header('content-type'), 'text/x-dog')
  t.is(second.header('cache-status'), 'gatehouse; hit; ttl=1')
  t.not(second.header('x-request-id'), first.header('x-request-id'))
  t.is(asked(), 1)
  await clock.advance(500)
  const third = await get()
  t.is(third.body, 'answer 2')
  t.is(third.header('cache-status'), 'gatehouse; fwd=stale; stored')
})

test('RFC 9111 §4.2: s-maxage before max-age before Expires before the document’s time to live; nothing is guessed', async (t) => {
  const { answers, get, clock, asked } = await caching(t, { ttl: '5s' })
  const livesFor = async (headers: Headers, seconds: number) => {
    answers(headers)
    const path = `/${asked()}`
    await get({}, path)
    const before = asked()
    await clock.advance(seconds * 1000 - 500)
    await get({}, path)
    t.is(asked(), before, JSON.stringify(headers))
    await clock.advance(1000)
    await get({}, path)
    t.is(asked(), before + 1, JSON.stringify(headers))
  }
  await livesFor({ 'cache-control': 'max-age=100, s-maxage=10' }, 10)
  await livesFor({ 'cache-control': 'Max-Age="20"', expires: 'Thu, 01 Jan 1970 00:00:00 GMT' }, 20)
  await livesFor({ expires: new Date(clock.now() + 30_000).toUTCString() }, 30)
  await livesFor({ 'cache-control': 'max-age=60', age: '50' }, 10)
  await livesFor({}, 5)
  const bare = await caching(t)
  bare.answers({ 'last-modified': 'Thu, 01 Jan 2015 00:00:00 GMT' })
  await bare.get()
  await bare.get()
  t.is(bare.asked(), 2)
})

test('RFC 9111 §3: what must not be kept is not', async (t) => {
  const { answers, get, asked } = await caching(t, { ttl: '1m' })
  const isKept = async (headers: Headers, status = 200) => {
    answers(headers, status)
    const path = `/${asked()}`
    await get({}, path)
    const before = asked()
    await get({}, path)
    return asked() === before
  }
  t.true(await isKept(FRESH))
  t.true(await isKept(FRESH, 404))
  for (const directive of [
    'no-store',
    'private',
    'no-cache',
    'private="x"',
    'max-age=0',
    'max-age=x',
    'max-age=5, max-age=6',
  ]) {
    t.false(await isKept({ 'cache-control': directive }), directive)
  }
  t.false(await isKept({ ...FRESH, 'set-cookie': 'a=b' }))
  t.false(await isKept({ ...FRESH, vary: '*' }))
  t.false(await isKept({ ...FRESH, vary: 'X-Forwarded-For' }))
  t.false(await isKept({ expires: '0' }))
  for (const status of [201, 302, 401, 500, 503]) t.false(await isKept(FRESH, status), String(status))
  t.false(await isKept({}, 404)) // the document’s time to live is for answers that went well
})

test('RFC 9111 §5.2.1: a request can refuse stored answers, forbid keeping, or insist on a stored one', async (t) => {
  const { answers, get, clock, asked } = await caching(t)
  answers(FRESH)
  t.is((await get({ 'cache-control': 'only-if-cached' })).status, 504)
  await get({ 'cache-control': 'no-store' })
  await get()
  t.is(asked(), 2)
  await clock.advance(10_000)
  t.is((await get({ 'cache-control': 'max-age=11' })).body, 'answer 2')
  t.is((await get({ 'cache-control': 'only-if-cached' })).body, 'answer 2')
  t.is((await get({ 'cache-control': 'max-age=9' })).body, 'answer 3')
  t.is((await get({ 'cache-control': 'min-fresh=61' })).body, 'answer 4')
  t.is((await get({ 'cache-control': 'no-cache' })).body, 'answer 5')
  t.is((await get({ pragma: 'no-cache' })).body, 'answer 6')
  t.is((await get()).body, 'answer 6')
})

test('RFC 9110 §13: a client that has the answer already is told so from what is kept; HEAD gets its head', async (t) => {
  const { answers, get, asked, url } = await caching(t)
  const conditional = (line: string) =>
    rawRequest(url, `GET /pets/dogs HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${line}\r\n\r\n`)
  const modified = 'Thu, 01 Jan 2026 00:00:00 GMT'
  answers({ ...FRESH, etag: '"v1"', 'last-modified': modified, 'content-type': 'text/plain' })
  await get()
  for (const line of ['If-None-Match: W/"v1"', 'If-None-Match: "x", "v1"', `If-Modified-Since: ${modified}`]) {
    const known = await conditional(line)
    t.is(known.status, 304, line)
    t.is(known.header('etag'), '"v1"')
    t.is(known.header('content-type'), undefined)
  }
  t.is((await conditional(`If-None-Match: "v2"\r\nIf-Modified-Since: ${modified}`)).status, 200)
  const head = await get({}, '/dogs', 'HEAD')
  t.is(head.header('content-length'), String('answer 1'.length))
  t.is(head.body, '')
  t.is(asked(), 1)
})

test('a range, a body and an answer that breaks off or is too large leave the cache alone', async (t) => {
  const { answers, get, upstream, url, asked } = await caching(t, { maxBodySize: '1kb' })
  answers(FRESH)
  await get({ range: 'bytes=0-1' })
  await get({ range: 'bytes=0-1' })
  t.is(asked(), 2)
  upstream.answer({ headers: FRESH, body: 'x'.repeat(1025) })
  await get()
  await get()
  t.is(asked(), 4)
  upstream.answer((_, response) => {
    response.writeHead(200, { ...FRESH, 'content-length': '10' }).write('12345')
    setTimeout(() => response.destroy(), 20)
  })
  await t.throwsAsync(fetch(`${url}/pets/broken`).then((response) => response.text()))
  answers(FRESH)
  t.regex((await get({}, '/broken')).body, /answer/)
})

test('RFC 5861 §3: a stale answer is given at once while a new one is got, once, and conditionally', async (t) => {
  const { answers, get, clock, upstream, asked } = await caching(t)
  const control = { 'cache-control': 'max-age=10, stale-while-revalidate=30', etag: '"v1"' }
  answers(control)
  await get()
  await clock.advance(11_000)
  let release = (): void => {}
  upstream.answerOnce((_, response) => {
    release = () => void response.writeHead(304, { ...control, date: new Date(clock.now()).toUTCString() }).end()
  })
  const stale = await Promise.all([get(), get(), get()])
  for (const { body, header } of stale) {
    t.is(body, 'answer 1')
    t.is(header('cache-status'), 'gatehouse; hit; ttl=-1')
  }
  await until(() => asked() >= 2)
  t.is(upstream.last().headers['if-none-match'], '"v1"')
  release()
  const fresh = async () => {
    let answer = await get()
    await until(async () => {
      answer = await get()
      return answer.header('age') === '0'
    })
    return answer.body
  }
  t.is(await fresh(), 'answer 1')
  t.is(asked(), 2)
  await clock.advance(11_000)
  await get()
  t.is(await fresh(), 'answer 2')
  await clock.advance(41_000)
  t.is((await get()).body, 'answer 3')
})

test('must-revalidate and s-maxage allow nothing stale; while the upstream fails the stale answer stays', async (t) => {
  const { answers, get, clock, asked, upstream } = await caching(t, { staleWhileRevalidate: '1m' })
  for (const control of ['max-age=1, must-revalidate', 's-maxage=1']) {
    answers({ 'cache-control': control })
    const path = `/${asked()}`
    const { body } = await get({}, path)
    await clock.advance(2_000)
    t.not((await get({}, path)).body, body)
  }
  answers({ 'cache-control': 'max-age=1' })
  const { body } = await get()
  await clock.advance(2_000)
  upstream.answer({ status: 500 })
  const before = asked()
  for (let request = 0; request < 5; request++) t.is((await get()).body, body)
  await until(() => asked() > before)
  t.is((await get()).body, body)
})
