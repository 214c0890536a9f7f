import test from 'ava'
import { stepOnDocument } from '../_kit/documents.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { rawRequest } from '../_kit/raw-http.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const HEADERS: readonly (readonly [name: string, text: string])[] = [
  ['without any sign of a body', ''],
  ['with an empty body', 'Content-Length: 0\r\n'],
  ['with an empty form', 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 0\r\n'],
  ['with an empty chunked body', 'Transfer-Encoding: chunked\r\n'],
]

test('RFC 9112 §3.2, §6.1: what two parties could read differently is 400 at the endpoints of the gateway itself', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: { 'a.json': stepOnDocument({ upstream: upstream.url }) } })
  const chunked = '0\r\n\r\n'
  const post = (head: string, body: string) =>
    rawRequest(gateway.url, `POST /stepon/oauth/token ${head}\r\n\r\n${body}`)
  const ambiguous = [
    ['HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0', ''],
    ['HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked', chunked],
    ['HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked', chunked],
  ] as const
  for (const [head, body] of ambiguous) {
    const answer = await post(head, body)
    t.is(answer.status, 400, head)
    t.is(answer.header('content-type'), 'application/problem+json', head)
  }
  const authorization = `Authorization: Basic ${btoa('a:b')}`
  const twice = await post(`HTTP/1.1\r\nHost: a\r\n${authorization}\r\n${authorization}\r\nContent-Length: 0`, '')
  t.is(twice.status, 400)
  t.is(JSON.parse(twice.body).error, 'invalid_request')
  for (const path of ['/.well-known/oauth-authorization-server/stepon', '/stepon/.well-known/openid-configuration']) {
    const { status } = await rawRequest(gateway.url, `GET ${path} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`)
    t.is(status, 400, path)
  }
})

for (const [name, headers] of HEADERS) {
  test(`RFC 9112 §6.3: a POST ${name} is answered at once, everywhere`, async (t) => {
    const upstream = await forTest(t, startUpstream())
    const gateway = await gatewayFor(t, { documents: { 'a.json': stepOnDocument({ upstream: upstream.url }) } })
    const tail = headers.includes('chunked') ? '0\r\n\r\n' : ''
    const post = (url: string, path: string) =>
      rawRequest(url, `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n${tail}`)
    for (const path of ['token', 'refresh', 'revoke', 'introspect', 'authorize']) {
      const { status } = await post(gateway.url, `/stepon/oauth/${path}`)
      t.true(status >= 400 && status < 500 && status !== 408, `${path} ${status}`)
    }
    t.is((await post(gateway.url, '/stepon/stepcounts')).status, 401)
    t.is((await post(gateway.adminUrl, '/api/users')).status, 401)
  })
}
