import test from 'ava'
import { gatewayFor, startTestGateway } from '../_kit/gateway.ts'
import { startTokenServer } from '../_kit/token-server.ts'
import { openSocket } from '../_kit/websocket-client.ts'
import { startWebSocketUpstream } from '../_kit/websocket-upstream.ts'
import { forTest } from '../_kit/world.ts'

const feed = (url: string, upstream: object = {}): object => ({
  openapi: '3.1.0',
  info: { title: 'Feed', version: '1' },
  paths: {},
  'x-gateway': { upstream: { url, ...upstream } },
})

test('open WebSockets and requests for upstream tokens are seen at /metrics', async (t) => {
  const upstream = await forTest(t, startWebSocketUpstream())
  const tokens = await forTest(t, startTokenServer())
  const clientCredentials = { tokenUrl: tokens.url, clientId: 'gate', clientSecret: 'the-secret-of-gate' }
  const document = feed(upstream.url, { authentication: { oauth: { clientCredentials } } })
  const { url, adminUrl, adminSecret } = await gatewayFor(t, { documents: { 'feed.json': document } })
  await openSocket(t, `${url}/feed/a`)
  await openSocket(t, `${url}/feed/b`)
  t.is(upstream.handshakes[0]?.headers.authorization, 'Bearer token-1', 'a handshake carries the gateway’s token')
  const page = await (await fetch(`${adminUrl}/metrics`, { headers: { authorization: adminSecret } })).text()
  t.regex(page, /gatehouse_websockets_open 2/)
  t.regex(page, /gatehouse_upstream_token_requests_total\{outcome="obtained"\} 1/)
  t.regex(page, /gatehouse_upstream_token_requests_total\{outcome="failed"\} 0/)
})

test('a gateway that is told to stop says good-bye on its WebSockets, and does not wait for them', async (t) => {
  const upstream = await forTest(t, startWebSocketUpstream())
  const gateway = await startTestGateway({ documents: { 'feed.json': feed(upstream.url) } })
  const { closed, ask } = await openSocket(t, `${gateway.url}/feed/a`)
  t.is(await ask('x'), 'x')
  const began = performance.now()
  await gateway.close()
  t.deepEqual(await closed, [1001, 'the gateway is going away'])
  t.true(performance.now() - began < 10_000)
})
