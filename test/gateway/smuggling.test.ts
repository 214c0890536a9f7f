import test from 'ava'
import { gatewayApi, planeBefore, startPlane } from '../_kit/data-plane.ts'
import { rawConnect } from '../_kit/raw-http.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const HEAD = 'POST /pets/x HTTP/1.1\r\nHost: a\r\n'
const SECOND = 'GET /pets/smuggled HTTP/1.1\r\nHost: a\r\n\r\n'

/** Requests that two parties could cut in different places, or read differently. Each must get 400 and end the connection. */
const AMBIGUOUS: Readonly<Record<string, string>> = {
  'CL.TE': `${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'TE.CL': `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${SECOND}0\r\n\r\n`,
  'TE.TE, the second obscured': `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n${SECOND}`,
  'chunked twice': `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'chunked twice in one field': `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'chunked not last': `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SECOND}`,
  'another coding': `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'unknown coding': `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'space before the colon': `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SECOND}`,
  'tab before the colon': `${HEAD}Content-Length\t: 3\r\n\r\nabc`,
  'two lengths': `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
  'equal lengths twice': `${HEAD}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  'a list of lengths': `${HEAD}Content-Length: 3, 3\r\n\r\nabc`,
  'a signed length': `${HEAD}Content-Length: +3\r\n\r\nabc`,
  'a negative length': `${HEAD}Content-Length: -1\r\n\r\nabc`,
  'a hexadecimal length': `${HEAD}Content-Length: 0x3\r\n\r\nabc`,
  'an empty length': `${HEAD}Content-Length: \r\n\r\nabc`,
  'a huge length': `${HEAD}Content-Length: 99999999999999999999\r\n\r\nabc`,
  'a folded header': `${HEAD}X-A: 1\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'line feeds alone': 'GET /pets/x HTTP/1.1\nHost: a\n\n',
  'a line feed alone between headers': `${HEAD}X-A: 1\nContent-Length: 3\r\n\r\nabc`,
  'a carriage return in a value': `${HEAD}X-A: 1\rTransfer-Encoding: chunked\r\n\r\n`,
  'a null byte in a value': `${HEAD}X-A: a\0b\r\n\r\n`,
  'a bad chunk size': `${HEAD}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n`,
  'a negative chunk size': `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n`,
  'a chunk without its end': `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n`,
  'chunks in HTTP/1.0': 'POST /pets/x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'two hosts': 'GET /pets/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'no host': 'GET /pets/x HTTP/1.1\r\n\r\n',
  'an empty host': 'GET /pets/x HTTP/1.1\r\nHost:\r\n\r\n',
  'a host that is none': 'GET /pets/x HTTP/1.1\r\nHost: a/b@c\r\n\r\n',
  'a header without a name': `${HEAD}: x\r\n\r\n`,
  'a header without a colon': `${HEAD}nonsense\r\n\r\n`,
  'an unknown version': 'GET /pets/x HTTP/1.7\r\nHost: a\r\n\r\n',
  'no version': 'GET /pets/x\r\n\r\n',
  'an unknown method': 'FROB /pets/x HTTP/1.1\r\nHost: a\r\n\r\n',
  'a lower-case method': 'get /pets/x HTTP/1.1\r\nHost: a\r\n\r\n',
  'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\r\n\r\n',
  'a target that is no path': 'GET pets/x HTTP/1.1\r\nHost: a\r\n\r\n',
  'a target with a space': 'GET /pets/x y HTTP/1.1\r\nHost: a\r\n\r\n',
  'a target with a fragment': 'GET /pets/x#y HTTP/1.1\r\nHost: a\r\n\r\n',
  'the server itself': 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n',
  'another scheme': 'GET ftp://a/pets/x HTTP/1.1\r\nHost: a\r\n\r\n',
  'an authority with a user': 'GET http://u@a/pets/x HTTP/1.1\r\nHost: a\r\n\r\n',
  'a tunnel': 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
}

for (const [what, bytes] of Object.entries(AMBIGUOUS)) {
  test(`RFC 9112: ${what} is refused with 400, and nothing after it is a request`, async (t) => {
    const { url, upstream } = await planeBefore(t)
    const client = await rawConnect(url)
    client.write(Buffer.from(bytes, 'latin1'))
    const answer = await client.read()
    t.is(answer.status, 400)
    t.is(answer.header('content-type'), 'application/problem+json')
    client.close()
    t.deepEqual(
      upstream.requests.filter(({ path, aborted }) => path.includes('smuggled') || !aborted).map(({ path }) => path),
      [],
    )
  })
}

const OUT: readonly string[] = [
  '/pets/../admin',
  '/pets/..',
  '/pets/.',
  '/pets/./x',
  '/pets/%2e%2e/admin',
  '/pets/%2E%2e/admin',
  '/pets/.%2e/admin',
  '/pets/%2e/x',
  '/pets/..%2fadmin',
  '/pets/%2e%2e%2fadmin',
  '/pets/..\\admin',
  '/pets/..%5cadmin',
  '/pets/..;/admin',
  '/pets/..;a=b/admin',
  '/pets/%2e%2e%3b/admin',
  '/pets/x/..;',
  '/pets/%',
  '/pets/%2',
  '/pets/%zz',
]

test('a path that some upstream could resolve to another one is refused, however its dots are spelled', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const path of OUT) {
    const client = await rawConnect(url)
    client.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.is((await client.read()).status, 400, path)
    client.close()
  }
  t.is(upstream.requests.length, 0)
})

test('dots that are no dot segments pass', async (t) => {
  const { url, upstream } = await planeBefore(t)
  for (const path of ['/a.b', '/.hidden', '/...', '/a..b', '/v1.0/x', '/x;..', '/%2ehidden', '/a%20b', '/%ff', '//x']) {
    const client = await rawConnect(url)
    client.write(`GET /pets${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.is((await client.read()).status, 200, path)
    t.is(upstream.last().path, path)
    client.close()
  }
})

test('bytes above ASCII in a path reach the upstream as they came, or are refused', async (t) => {
  const { url, upstream } = await planeBefore(t)
  const client = await rawConnect(url)
  client.write(Buffer.from('GET /pets/caf\xe9 HTTP/1.1\r\nHost: a\r\n\r\n', 'latin1'))
  const { status } = await client.read()
  if (status === 200) t.is(upstream.last().path, '/caf\xe9')
  else t.is(status, 400)
  client.close()
})

test('nothing of a refused head, nor what comes behind it, reaches an API that follows on the same upstream connection', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  const client = await rawConnect(url)
  client.write('GET /pets/first HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n')
  t.is((await client.read()).status, 200)
  client.write(`POST /pets/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n${SECOND}`)
  t.is((await client.read()).status, 400)
  await client.closed()
  t.deepEqual(
    upstream.requests.filter(({ aborted }) => !aborted).map(({ path }) => path),
    ['/first'],
  )
})
