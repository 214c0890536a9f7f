import { request } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { gatewayApi, type OperationWish, startPlane } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { openSocket } from '../_kit/websocket-client.ts'
import { startWebSocketUpstream } from '../_kit/websocket-upstream.ts'
import { forTest } from '../_kit/world.ts'

type Wish = Readonly<Record<string, unknown>>

/** A protected API before a WebSocket server. */
async function world(
  t: ExecutionContext,
  wish: { readonly sources?: Wish; readonly websocket?: Wish; readonly upstream?: Wish; readonly open?: boolean } = {},
) {
  const upstream = await forTest(t, startWebSocketUpstream())
  const scheme = { ...issuerScheme(), sources: { header: { enabled: true, name: 'Authorization' }, ...wish.sources } }
  const { websocket } = wish
  const operation: OperationWish = {
    security: wish.open ? [] : [[{ scheme, scopes: ['read'] }]],
    ...(websocket
      ? { policies: { websocket: { idleTimeout: 300_000, maxMessageSize: 1 << 20, enabled: true, ...websocket } } }
      : {}),
  }
  const api = gatewayApi(upstream.url, {
    schemes: [scheme],
    operations: [operation],
    ...(wish.upstream ? { upstream: wish.upstream } : {}),
  })
  const plane = await startPlane(t, [api])
  const bearer = async (changes = {}) => ({ headers: { authorization: `Bearer ${await plane.token(changes)}` } })
  return { ...plane, api, upstream, bearer, at: `${plane.url}/pets/room?x=1` }
}

const refusal = async (t: ExecutionContext, opening: Promise<unknown>, status: number): Promise<void> => {
  await t.throwsAsync(opening, { message: String(status) })
}

test('a WebSocket is let through with a token, and text, binary and empty messages come back as they went', async (t) => {
  const { at, bearer, upstream } = await world(t)
  const { ask, socket, closed } = await openSocket(t, at, await bearer({ subject: 'ann' }))
  t.is(await ask('grüezi'), 'grüezi')
  t.is(await ask(''), '')
  const binary = Buffer.from([0, 255, 1])
  t.deepEqual(await ask(binary), binary)
  const headers = upstream.handshakes[0]?.headers
  t.like(headers, {
    'x-authenticated-userid': 'ann',
    'x-credential-identifier': 'app',
    'x-authenticated-scope': 'read',
  })
  t.is(upstream.handshakes[0]?.url, '/room?x=1')
  socket.close(4000, 'enough')
  t.deepEqual(await closed, [4000, 'enough'])
  t.deepEqual((await upstream.closed(1))[0], [4000, 'enough'])
})

test('forged identity headers do not come with the handshake', async (t) => {
  const { at, token, upstream } = await world(t)
  const headers = {
    authorization: `Bearer ${await token()}`,
    'X-Authenticated-Userid': 'admin',
    x_consumer_id: 'admin',
    'X-Anonymous-Consumer': 'true',
  }
  await openSocket(t, at, { headers })
  t.false(JSON.stringify(upstream.handshakes[0]?.rawHeaders).includes('admin'))
  t.is(upstream.handshakes[0]?.headers['x-anonymous-consumer'], undefined)
})

test('without a token the handshake gets 401 and a challenge, with too little scope 403, and no upstream is asked', async (t) => {
  const { at, bearer, upstream } = await world(t)
  await refusal(t, openSocket(t, at), 401)
  await refusal(t, openSocket(t, at, { headers: { authorization: 'Bearer gat_nothing' } }), 401)
  await refusal(t, openSocket(t, at, await bearer({ scope: ['other'] })), 403)
  t.is(upstream.handshakes.length, 0)
})

test('by choice the token stands in a cookie or in the query', async (t) => {
  const { at, token } = await world(t, {
    sources: { cookie: { enabled: true, name: 'at' }, query: { enabled: true, name: 'access_token' } },
  })
  const text = await token()
  t.is(await (await openSocket(t, at, { headers: { cookie: `a=b; at=${text}` } })).ask('x'), 'x')
  t.is(await (await openSocket(t, `${at}&access_token=${text}`)).ask('x'), 'x')
  await refusal(t, openSocket(t, `${at}&access_token=${text}`, { headers: { cookie: `at=${text}` } }), 400)
})

test('by choice the token is a subprotocol, which the upstream does not see', async (t) => {
  const { at, token, upstream } = await world(t, { sources: { subprotocol: { enabled: true, name: 'access_token.' } } })
  const text = await token()
  const { socket } = await openSocket(t, at, { protocols: ['chat.v2', `access_token.${text}`] })
  t.is(socket.protocol, 'chat.v2')
  t.is(upstream.handshakes[0]?.headers['sec-websocket-protocol'], 'chat.v2')
  const alone = await openSocket(t, at, { protocols: [`access_token.${text}`] })
  t.is(alone.socket.protocol, `access_token.${text}`)
  t.is(upstream.handshakes[1]?.headers['sec-websocket-protocol'], undefined)
  await refusal(t, openSocket(t, at, { protocols: ['chat.v2'] }), 401)
})

test('a prefix that begins with base64url. announces an encoded token', async (t) => {
  const name = 'base64url.bearer.authorization.k8s.io.'
  const { at, token } = await world(t, { sources: { subprotocol: { enabled: true, name } } })
  const protocol = name + Buffer.from(await token()).toString('base64url')
  t.is((await openSocket(t, at, { protocols: ['v1', protocol] })).socket.protocol, 'v1')
})

test('Node’s own WebSocket, which is a browser’s, comes in with a subprotocol', async (t) => {
  const { at, token } = await world(t, { sources: { subprotocol: { enabled: true, name: 'access_token.' } } })
  const socket = new WebSocket(at.replace('http', 'ws'), [`access_token.${await token()}`])
  t.teardown(() => socket.close())
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = reject
  })
  const answer = new Promise((resolve) => {
    socket.onmessage = ({ data }) => resolve(data)
  })
  socket.send('from a page')
  t.is(await answer, 'from a page')
})

test('subprotocols and extensions are negotiated between client and upstream', async (t) => {
  const upstream = await forTest(t, startWebSocketUpstream({ perMessageDeflate: { threshold: 0 } }))
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  const { socket, ask } = await openSocket(t, `${url}/pets`, {
    protocols: ['a', 'b'],
    perMessageDeflate: { threshold: 0 },
  })
  t.is(socket.protocol, 'a')
  t.regex(socket.extensions, /permessage-deflate/)
  t.is(await ask('z'.repeat(10_000)), 'z'.repeat(10_000))
})

test('origins: a page that is not listed gets 403; programs without an origin come in', async (t) => {
  const { at, bearer } = await world(t, { websocket: { origins: ['https://app.example', 'https://*.staff.example'] } })
  const withToken = await bearer()
  for (const origin of ['https://app.example', 'https://a.staff.example']) {
    t.is(await (await openSocket(t, at, { ...withToken, origin })).ask('x'), 'x')
  }
  for (const origin of ['https://evil.example', 'http://app.example', 'https://app.example.evil.example', 'null']) {
    await refusal(t, openSocket(t, at, { ...withToken, origin }), 403)
  }
  t.is(await (await openSocket(t, at, withToken)).ask('x'), 'x')
})

test('where a cookie may let someone in, pages of other origins are refused unless they are listed', async (t) => {
  const { at, token, url } = await world(t, { sources: { cookie: { enabled: true, name: 'at' } } })
  const headers = { cookie: `at=${await token()}` }
  await refusal(t, openSocket(t, at, { headers, origin: 'https://evil.example' }), 403)
  t.is(await (await openSocket(t, at, { headers, origin: url })).ask('x'), 'x')
})

test('the token ends while the socket is open: 4401 to both sides', async (t) => {
  const { at, bearer, clock, upstream } = await world(t)
  const { ask, closed } = await openSocket(t, at, await bearer({ expiresAt: clock.now() + 40_000 }))
  await ask('x')
  await clock.advance(39_999)
  t.is(await ask('still'), 'still')
  await clock.advance(1)
  t.deepEqual(await closed, [4401, 'the access token has expired'])
  t.deepEqual((await upstream.closed(1))[0], [4401, 'the access token has expired'])
})

test('a WebSocket to an http upstream needs the setting; without it the request is an ordinary one', async (t) => {
  const upstream = await forTest(t, startWebSocketUpstream())
  const http = upstream.url.replace('ws', 'http')
  const plain = gatewayApi(http, { id: 'plain', listenPath: '/plain' })
  const websocket = { enabled: true, idleTimeout: 1000, maxMessageSize: 1000 }
  const on = gatewayApi(http, { id: 'on', listenPath: '/on', operations: [{ policies: { websocket } }] })
  const off = gatewayApi(upstream.url, {
    id: 'off',
    listenPath: '/off',
    operations: [{ policies: { websocket: { ...websocket, enabled: false } } }],
  })
  const { url } = await startPlane(t, [plain, on, off])
  await refusal(t, openSocket(t, `${url}/plain`), 200)
  await refusal(t, openSocket(t, `${url}/off`), 200)
  t.is(await (await openSocket(t, `${url}/on`)).ask('x'), 'x')
  t.is((await fetch(`${url}/on`)).status, 200)
})

const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='

for (const [what, headers, status] of [
  ['no key', { 'Sec-WebSocket-Version': '13' }, 400],
  ['a key that is none', { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'short' }, 400],
  ['another version', { 'Sec-WebSocket-Version': '8', 'Sec-WebSocket-Key': KEY }, 426],
  ['a body', { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': KEY, 'Content-Length': '5' }, 400],
] as const) {
  test(`RFC 6455 §4.2.1: a handshake with ${what} gets ${status}`, async (t) => {
    const { at, upstream } = await world(t, { open: true })
    const answer = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
      const options = { headers: { Connection: 'Upgrade', Upgrade: 'websocket', ...headers } }
      request(at, options, resolve).once('error', reject).end()
    })
    answer.resume()
    t.is(answer.statusCode, status)
    if (status === 426) t.is(answer.headers['sec-websocket-version'], '13')
    t.is(upstream.handshakes.length, 0)
  })
}

test('an upgrade to something else is an ordinary request', async (t) => {
  const { at } = await world(t, { open: true })
  const status = await new Promise((resolve, reject) => {
    const headers = { Connection: 'Upgrade', Upgrade: 'h2c' }
    request(at, { headers }, (answer) => resolve(answer.resume().statusCode))
      .once('error', reject)
      .end()
  })
  t.is(status, 200)
})

test('what the upstream answers instead of 101 comes to the client as it is', async (t) => {
  const { at, bearer } = await world(t)
  const upstream = await forTest(
    t,
    startWebSocketUpstream({ verifyClient: (_: unknown, done) => done(false, 429, 'slow down') }),
  )
  const { url } = await startPlane(t, [gatewayApi(upstream.url)])
  await refusal(t, openSocket(t, `${url}/pets`), 429)
  t.is(await (await openSocket(t, at, await bearer())).ask('x'), 'x')
})

test('an upstream that cannot be reached is a 502 and no hang', async (t) => {
  const { url } = await startPlane(t, [gatewayApi('ws://127.0.0.1:1')])
  await refusal(t, openSocket(t, `${url}/pets`), 502)
})
