import { setTimeout as wait } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { gatewayApi, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { type RawConnection, rawConnect } from '../_kit/raw-http.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const bytes = (maxLength: number) =>
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength }).map((codes) => String.fromCharCode(...codes))
const mostly = (usual: readonly string[], odd: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: odd })

const header = fc.tuple(
  mostly(
    [
      'Host',
      'Content-Length',
      'Transfer-Encoding',
      'Connection',
      'Expect',
      'TE',
      'Trailer',
      'Upgrade',
      'Authorization',
    ],
    fc.constantFrom('Cookie', 'Forwarded', 'traceparent', 'X-Key', 'X_Consumer_Id', '', 'a b', '\xe9'),
  ),
  mostly(
    ['a', '3', 'chunked', 'close', '100-continue', 'trailers', 'Bearer x', 'Basic eDp5', 'a=b; access_token=c', ', ,'],
    bytes(12),
  ),
)
const request = fc
  .record({
    method: mostly(['GET', 'POST', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'], bytes(4)),
    target: mostly(['/pets/x', '/pets/x?access_token=y', '/', '*', 'http://a/pets', '/pets/%'], bytes(12)),
    version: mostly(['HTTP/1.1'], fc.constantFrom('HTTP/1.0', 'HTTP/2.0', 'HTP')),
    headers: fc.array(header, { maxLength: 6 }),
    body: mostly(['', 'abc', '3\r\nabc\r\n0\r\n\r\n', '0\r\nX-A: b\r\n\r\n'], bytes(12)),
  })
  .map(({ method, target, version, headers, body }) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')
    return `${method} ${target} ${version}\r\nHost: a\r\n${lines}\r\n${body}`
  })

const PLAIN = 'GET /pets/x HTTP/1.1\r\nHost: a\r\n\r\n'
const WITH_TOKEN = 'GET /pets/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\n\r\n'

test('no bytes whatever get a 5xx, crash the gateway or bother the log', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const scheme = {
    ...issuerScheme(),
    sources: { query: { enabled: true, name: 'access_token' }, cookie: { enabled: true, name: 'access_token' } },
  }
  const { url, logged } = await startPlane(t, [
    gatewayApi(upstream.url, {
      authentication: { enabled: true, strip: true },
      schemes: [scheme],
      operations: [{ security: [[{ scheme, scopes: [] }], []] }],
    }),
  ])
  const seen = new Set<number>()
  const unanswered: { readonly client: RawConnection; readonly came: Promise<boolean> }[] = []
  const holds = (client: RawConnection): boolean => {
    const statuses = [...client.buffered().matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
    for (const status of statuses) seen.add(status)
    return statuses.every((status) => status < 500)
  }
  t.teardown(() => unanswered.forEach(({ client }) => void client.close()))
  await fc.assert(
    fc.asyncProperty(request, async (text) => {
      const client = await rawConnect(url)
      client.write(Buffer.from(text, 'latin1'))
      const came = new Promise<boolean>((resolve) => {
        for (const event of ['data', 'close']) client.socket.once(event, () => resolve(true))
      })
      // Some are only the beginning of a request; others are answered later, where the machine is busy.
      if (await Promise.race([came, wait(20, false)])) client.close()
      else unanswered.push({ client, came })
      return holds(client)
    }),
    { numRuns: 300, examples: [[PLAIN], [WITH_TOKEN]] }, // chance alone may leave out what can be answered
  )
  await Promise.race([Promise.all(unanswered.map(({ came }) => came)), wait(2000)])
  t.true(unanswered.every(({ client }) => holds(client)))
  t.true(seen.has(200) && seen.has(400) && seen.has(401), [...seen].join())
  t.deepEqual(logged, [])
  t.is((await fetch(`${url}/pets/x`)).status, 200, 'it still serves')
})
