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
