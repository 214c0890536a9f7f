import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { upstreamAuthentication } from '../../src/api/settings/upstream-authentication.ts'
import { gatewayApi, type OperationWish, startPlane } from '../_kit/data-plane.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { rawRequest } from '../_kit/raw-http.ts'
import { startTokenServer } from '../_kit/token-server.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

type Wish = Readonly<Record<string, unknown>>

async function world(t: ExecutionContext, wish: Wish = {}, operations: readonly OperationWish[] = [{}]) {
  const upstream = await forTest(t, startUpstream())
  const server = await forTest(t, startTokenServer())
  const clientCredentials = { tokenUrl: server.url, clientId: 'gate', clientSecret: 'the-secret-of-gate', ...wish }
  const authentication = { oauth: { clientCredentials } }
  const plane = await startPlane(t, [gatewayApi(upstream.url, { upstream: { authentication }, operations })])
  return { ...plane, upstream, server, get: (init: RequestInit = {}) => fetch(`${plane.url}/pets/x`, init) }
}

test('the upstream sees the gateway’s token, and not what the client sent in its place', async (t) => {
  const { get, url, upstream, server } = await world(t)
  t.is((await get({ headers: { authorization: 'Bearer of-the-client' } })).status, 200)
  t.is(upstream.last().headers.authorization, 'Bearer token-1')
  t.is(upstream.last().rawHeaders.filter((name) => name.toLowerCase() === 'authorization').length, 1)
  await get()
  t.is(server.asked.length, 1)
  await rawRequest(url, 'GET /pets/x HTTP/1.1\r\nHost: a\r\nauthorization: a\r\nAuthorization: b\r\n\r\n')
  t.is(upstream.last().headers.authorization, 'Bearer token-1')
})

test('a fixed header and Basic credentials are shown as well, and their twins in underscores are not passed on', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const api = (id: string, authentication: Wish) =>
    gatewayApi(upstream.url, { id, listenPath: `/${id}`, upstream: { authentication } })
  const key = api('key', { header: { name: 'X-Api-Key', value: 'the-key' } })
  const basic = api('basic', { basicAuth: { username: 'gate', password: 'pässword' } })
  const off = api('off', { enabled: false, header: { name: 'X-Api-Key', value: 'the-key' } })
  const { url } = await startPlane(t, [key, basic, off])
  await rawRequest(url, 'GET /key HTTP/1.1\r\nHost: a\r\nX_Api_Key: mine\r\nx-api-key: mine\r\n\r\n')
  t.is(upstream.last().headers['x-api-key'], 'the-key')
  t.false(upstream.last().rawHeaders.includes('mine'))
  await fetch(`${url}/basic`)
  t.is(upstream.last().headers.authorization, `Basic ${Buffer.from('gate:pässword').toString('base64')}`)
  await fetch(`${url}/off`, { headers: { 'x-api-key': 'mine' } })
  t.is(upstream.last().headers['x-api-key'], 'mine')
})

test('401 from the upstream: the token is thrown away, and an idempotent request is sent again', async (t) => {
  const { get, upstream, server } = await world(t)
  await get()
  upstream.answerOnce({ status: 401, body: 'expired' })
  const answer = await get()
  t.is(answer.status, 200)
  t.deepEqual(
    upstream.requests.map(({ headers }) => headers.authorization),
    ['Bearer token-1', 'Bearer token-1', 'Bearer token-2'],
  )
  t.is(server.asked.length, 2)
})

test('401 to a request with a body is passed on, and the next request has a new token', async (t) => {
  const { get, upstream } = await world(t)
  await get()
  upstream.answerOnce({ status: 401, body: 'expired' })
  const refused = await get({ method: 'POST', body: 'x' })
  t.is(refused.status, 401)
  t.is(await refused.text(), 'expired')
  await get()
  t.is(upstream.last().headers.authorization, 'Bearer token-2')
})

test('an upstream that refuses every token gets one more request and costs one more token, not a storm', async (t) => {
  const { get, upstream, server } = await world(t)
  upstream.answer({ status: 401, body: 'never' })
  const answers = await Promise.all(Array.from({ length: 20 }, () => get()))
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [401])
  for (let count = 0; count < 5; count++) await get()
  t.is(server.asked.length, 2)
})

test('a token server that hangs costs a 502 within its timeout, and nothing else', async (t) => {
  const { get, url, publish, upstream, server, logged } = await world(t, { timeout: '3s' })
  const slow = gatewayApi(upstream.url, {
    upstream: {
      authentication: {
        oauth: {
          clientCredentials: { tokenUrl: server.url, clientId: 'g', clientSecret: 's3cret-of-g', timeout: '3s' },
        },
      },
    },
  })
  publish([slow, gatewayApi(upstream.url, { id: 'other', listenPath: '/other' })])
  server.answer(() => {})
  const began = performance.now()
  const hanging = Promise.all(Array.from({ length: 50 }, () => get()))
  t.is((await fetch(`${url}/other`)).status, 200, 'other APIs do not notice')
  const answers = await hanging
  t.true(performance.now() - began < 20_000)
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [502])
  const problem = (await answers[0]?.json()) as Record<string, unknown>
  t.is(problem['type'], 'urn:gatehouse:problem:upstream_token_unavailable')
  t.is(server.asked.length, 1)
  t.is((await get()).status, 502)
  t.is(server.asked.length, 1, 'the failure is remembered')
  t.notRegex(JSON.stringify(logged), /s3cret-of-g/)
})

test('an operation may authenticate in another way, or not at all', async (t) => {
  const other = upstreamAuthentication.parse({ header: { name: 'Authorization', value: 'Key of-reports' } })
  const none = upstreamAuthentication.parse({ enabled: false })
  const { url, upstream, server } = await world(t, {}, [
    { method: 'GET', path: '/reports', upstreamAuthentication: other },
    { method: 'GET', path: '/open', upstreamAuthentication: none },
  ])
  await fetch(`${url}/pets/reports`)
  t.is(upstream.last().headers.authorization, 'Key of-reports')
  await fetch(`${url}/pets/open`, { headers: { authorization: 'Bearer of-the-client' } })
  t.is(upstream.last().headers.authorization, 'Bearer of-the-client')
  t.is(server.asked.length, 0)
})

/** A document whose secret lies in a file. */
function document(upstream: string, tokenUrl: string, secretFile: string) {
  const oauth = { clientCredentials: { tokenUrl, clientId: 'gate', clientSecret: `file:${secretFile}` } }
  return {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    paths: {
      '/orders': { get: { operationId: 'listOrders', responses: { '200': { description: 'Orders' } } } },
      '/open': { get: { operationId: 'open', responses: { '200': { description: 'Open' } } } },
    },
    'x-gateway': {
      server: { listenPath: { value: '/orders-api/' } },
      upstream: { url: upstream, authentication: { oauth } },
      middleware: { operations: { open: { upstream: { authentication: { enabled: false } } } } },
    },
  }
}

test('a secret file that is exchanged takes effect without a restart, and an operation of a document says otherwise', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const server = await forTest(t, startTokenServer())
  const gateway = await gatewayFor(t, { documents: {} })
  const secretFile = join(gateway.folder, 'orders.secret')
  writeFileSync(secretFile, 'first-secret\n')
  gateway.write('orders.json', document(upstream.url, server.url, secretFile))
  const secrets = () =>
    server.asked.map(({ headers }) => Buffer.from(String(headers.authorization).slice(6), 'base64').toString())
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await (await fetch(`${gateway.url}/orders-api/orders`)).text()
  }
  await until(() => server.asked.length > 0)
  writeFileSync(secretFile, 'second-secret\n')
  await until(() => server.asked.length > 1)
  t.deepEqual(secrets(), ['gate:first-secret', 'gate:second-secret'])
  await fetch(`${gateway.url}/orders-api/open`)
  t.is(upstream.last().headers.authorization, undefined)
  t.notRegex(JSON.stringify(gateway.log), /token-\d|first-secret|second-secret/)
})
