import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { rawRequest } from '../_kit/raw-http.ts'
import { type RecordedRequest, startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const get = (...headers: string[]): string =>
  `GET /pets/x HTTP/1.1\r\nHost: public.test\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

/** Names of the received headers, in lower case. */
const names = (request: RecordedRequest): string[] =>
  request.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())

test('RFC 9110 §7.6.1: what is hop by hop, or named by Connection, does not reach the upstream', async (t) => {
  const { url, upstream } = await planeBefore(t)
  await rawRequest(
    url,
    get(
      'Connection: keep-alive, X-Secret , x-other',
      'Connection: X-More',
      'X-Secret: 1',
      'x-OTHER: 2',
      'X-More: 3',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eDp5',
      'TE: gzip',
      'Trailer: X-Sum',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABk',
      'X-Stays: yes',
    ),
  )
  const seen = names(upstream.last())
  for (const gone of ['x-secret', 'x-other', 'x-more', 'keep-alive', 'proxy-connection', 'proxy-authorization']) {
    t.false(seen.includes(gone), gone)
  }
  for (const gone of ['te', 'trailer', 'upgrade', 'http2-settings', 'transfer-encoding', 'content-length']) {
    t.false(seen.includes(gone), gone)
  }
  t.is(upstream.last().headers['x-stays'], 'yes')
  t.is(upstream.last().headers.connection, 'keep-alive')
})

test('RFC 9110 §10.1.4: TE: trailers is said again, because trailers are passed on', async (t) => {
  const { url, upstream } = await planeBefore(t)
  await rawRequest(url, get('TE: gzip;q=0.5, Trailers', 'Connection: TE'))
  t.is(upstream.last().headers.te, 'trailers')
})

test('what is hop by hop in an answer does not reach the client', async (t) => {
  const { url, upstream } = await planeBefore(t)
  upstream.answer((_, response) => {
    response.writeHead(200, [
      'Connection',
      'X-Hop, keep-alive',
      'X-Hop',
      '1',
      'Keep-Alive',
      'timeout=99',
      'Proxy-Connection',
      'x',
      'X-Stays',
      '2',
    ])
    response.end('body')
  })
  const answer = await rawRequest(url, get())
  t.is(answer.header('x-hop'), undefined)
  t.is(answer.header('proxy-connection'), undefined)
  t.not(answer.header('keep-alive'), 'timeout=99')
  t.is(answer.header('x-stays'), '2')
})

const FORGED = [
  'X-Consumer-Id',
  'x-consumer-custom-id',
  'X-CONSUMER-USERNAME',
  'X_Consumer_Id',
  'X-Consumer_Id',
  'x.consumer.id',
  'X-Credential-Identifier',
  'X_Credential_Identifier',
  'X-Authenticated-Userid',
  'x_authenticated_userid',
  'X-Authenticated-Scope',
  'X-Authenticated-Anything',
  'X-Anonymous-Consumer',
  'X_Anonymous_Consumer',
  'X_Request_Id',
  'X_Forwarded_For',
]

test('identity headers that a client sends are deleted on public routes too, however they are spelled', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const name of FORGED) {
    await rawRequest(url, get(`${name}: forged`, `${name}: forged again`, `Connection: ${name}`))
    t.false(upstream.last().rawHeaders.includes('forged'), name)
    t.false(upstream.last().rawHeaders.includes('forged again'), name)
  }
})

test('a header that Connection names cannot take away what the gateway says', async (t) => {
  const { url, upstream, token } = await planeBefore(t, {
    operations: [{ security: [[{ scheme: issuerScheme(), scopes: [] }]] }],
  })
  const bearer = await token({ subject: 'ann' })
  const named = 'Connection: X-Authenticated-Userid, X-Forwarded-For, X-Request-Id, Host, Forwarded'
  const answer = await rawRequest(url, get(`Authorization: Bearer ${bearer}`, named))
  t.is(answer.status, 200)
  const { headers } = upstream.last()
  t.is(headers['x-authenticated-userid'], 'ann')
  t.is(headers['x-forwarded-for'], '127.0.0.1')
  t.regex(String(headers['x-request-id']), /^[0-9a-f]{32}$/)
})

test('X-Forwarded-* and Forwarded say who called; what a stranger says of them is replaced', async (t) => {
  const { url, upstream } = await planeBefore(t)
  await rawRequest(
    url,
    get(
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Port: 1',
      'X-Real-IP: 9.9.9.9',
      'Forwarded: for=1.2.3.4',
    ),
  )
  const { headers } = upstream.last()
  t.is(headers['x-forwarded-for'], '127.0.0.1')
  t.is(headers['x-forwarded-proto'], 'http')
  t.is(headers['x-forwarded-host'], 'public.test')
  t.is(headers['x-forwarded-port'], undefined)
  t.is(headers['x-real-ip'], undefined)
  t.is(headers.forwarded, 'for=127.0.0.1;proto=http;host="public.test"')
})

test('a trusted peer is believed, and its address is added', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [gatewayApi(upstream.url)], {
    deps: { trusts: (address) => address === '127.0.0.1' },
  })
  await rawRequest(
    url,
    get('X-Forwarded-For: 1.2.3.4', 'X-Forwarded-For: 5.6.7.8', 'X-Forwarded-Proto: https', 'Forwarded: for=1.2.3.4'),
  )
  const { headers } = upstream.last()
  t.is(headers['x-forwarded-for'], '1.2.3.4, 5.6.7.8, 127.0.0.1')
  t.is(headers['x-forwarded-proto'], 'https')
  t.is(headers['x-forwarded-host'], 'public.test')
  t.is(headers.forwarded, 'for=1.2.3.4, for=127.0.0.1;proto=http;host="public.test"')
})

test('W3C Trace Context: a client’s trace goes on, a malformed one does not', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const begun = `traceparent: 00-${trace}-00f067aa0ba902b7-01`
  await rawRequest(url, get(begun, 'tracestate: a=1', 'tracestate: b=2'))
  const { headers } = upstream.last()
  const requestId = String(headers['x-request-id'])
  t.is(headers['traceparent'], `00-${trace}-${requestId.slice(16)}-01`)
  t.is(headers['tracestate'], 'a=1, b=2')

  const bad = ['traceparent: 00-1-2-3', `traceparent: 00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, `${begun}\r\n${begun}`]
  for (const line of bad) {
    await rawRequest(url, get(line, 'tracestate: a=1'))
    const fresh = upstream.last().headers
    t.is(fresh['traceparent'], `00-${fresh['x-request-id']}-${String(fresh['x-request-id']).slice(16)}-00`)
    t.is(fresh['tracestate'], undefined)
  }
})

test('every answer names its request, unless the upstream did', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const first = await rawRequest(url, get('X-Request-Id: forged'))
  t.is(first.header('x-request-id'), upstream.last().headers['x-request-id'] as string)
  t.not(first.header('x-request-id'), 'forged')
  upstream.answer({ headers: { 'X-Request-Id': 'theirs' } })
  const second = await rawRequest(url, get())
  t.deepEqual(
    second.headers.filter(([name]) => name === 'x-request-id'),
    [['x-request-id', 'theirs']],
  )
  const missing = await fetch(`${url}/nowhere`)
  t.is(((await missing.json()) as { request_id: string | null }).request_id, missing.headers.get('x-request-id'))
})
