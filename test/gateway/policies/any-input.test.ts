import test from 'ava'
import fc from 'fast-check'
import { gatewayApi, startPlane } from '../../_kit/data-plane.ts'
import { checkedPolicies } from '../../_kit/policies.ts'
import { rawRequest } from '../../_kit/raw-http.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

/** Field content that the parser lets through, some of it meant well. */
const value = (...usual: string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...usual) },
    {
      weight: 2,
      arbitrary: fc.array(fc.constantFrom(...'",=;*/\\ a0-\xff\t()[]:W'), { maxLength: 12 }).map((all) => all.join('')),
    },
  )

const asked = fc.record({
  method: fc.constantFrom('GET', 'GET', 'OPTIONS', 'PUT', 'POST'),
  path: value('/dogs', '/dogs?a=b', '/v1/a/b', '/v1/%2e%2e', '/v1//x').map((text) =>
    encodeURI(text.replaceAll('\\', '')),
  ),
  origin: value('https://a.test', 'https://b.a.test', 'null'),
  'access-control-request-method': value('GET', 'PUT', 'get'),
  'access-control-request-headers': value('authorization', 'x-a, x-b', '*'),
  'cache-control': value('no-cache', 'max-age=0', 'max-age="5"', 'min-fresh=1', 'no-store'),
  'if-none-match': value('*', '"v1"', 'W/"v1"'),
  'if-modified-since': value('Thu, 01 Jan 2026 00:00:00 GMT', '0'),
  range: value('bytes=0-1', 'bytes=-'),
  'x-forwarded-for': value('10.0.0.1', '::1, 10.0.0.2', '1.2.3.4:5'),
  forwarded: value('for=10.0.0.1', 'for="[::1]:1";by=x', 'for='),
  cookie: value('a=b', ''),
})

const answered = fc.record({
  status: fc.constantFrom(200, 200, 200, 204, 301, 404, 410, 418),
  'cache-control': value('max-age=60', 'public, s-maxage=1', 'max-age=1, stale-while-revalidate=9', 'private="a, b"'),
  vary: value('Accept', '*', 'Origin, accept', 'x-authenticated-userid'),
  age: value('0', '-1', '99999999999999999999'),
  date: value('Thu, 01 Jan 2026 00:00:00 GMT', 'yesterday'),
  expires: value('0', 'Thu, 01 Jan 2099 00:00:00 GMT'),
  etag: value('"v1"', 'v1'),
})

test('with every policy on, nothing a client or an upstream says causes a 5xx, a crash or a line in the log', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const policies = checkedPolicies({
    ipAccess: { block: ['10.0.0.0/8'] },
    cors: { allowedOrigins: ['https://*.a.test', 'https://a.test'], allowCredentials: true },
    headers: { request: { remove: ['X-A'], set: { 'X-B': 'b' } }, response: { add: { 'X-C': 'c' } } },
    urlRewrite: { match: '/v1/{x}/{rest*}', path: '/{rest}/{x}', query: { set: { x: '{x}' }, remove: ['a'] } },
    cache: { ttl: '1s', staleWhileRevalidate: '1s', vary: ['X-B'] },
    retries: { max: 1, backoff: 0, statuses: [418] },
    requestSizeLimit: '1kb',
  })
  const upstreamSettings = { retries: { max: 1, backoff: 0 }, circuitBreaker: {} }
  const api = gatewayApi(upstream.url, { operations: [{ policies }], upstream: upstreamSettings })
  const { url, logged, clock } = await startPlane(t, [api], { deps: { trusts: (address) => address === '127.0.0.1' } })
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(asked, answered, async ({ method, path, ...headers }, head) => {
      const { status, ...fields } = head
      upstream.answer({ status, headers: fields, body: status === 204 ? '' : 'body' })
      const lines = Object.entries(headers).map(([name, text]) => `${name}: ${text}\r\n`)
      const some = lines.filter((line, index) => (line.length + path.length + index) % 3 !== 0)
      const target = `/pets${path.startsWith('/') ? '' : '/'}${path}`
      const text = `${method} ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n${some.join('')}\r\n`
      const response = await rawRequest(url, text)
      seen.add(response.status)
      await clock.advance(300)
      return response.status < 500 || (response.status === 504 && text.includes('only-if-cached'))
    }),
    { numRuns: 250 },
  )
  for (const status of [200, 204, 403]) t.true(seen.has(status), [...seen].join())
  t.deepEqual(logged, [])
})
