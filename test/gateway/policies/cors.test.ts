import test, { type ExecutionContext } from 'ava'
import { cors } from '../../../src/gateway/policies/cors.ts'
import { corsOrigins } from '../../../src/gateway/policies/cors-origins.ts'
import { planeBefore } from '../../_kit/data-plane.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'
import { checkedPolicies } from '../../_kit/policies.ts'

const APP = 'https://app.example.com'
const scheme = issuerScheme()
const security = [[{ scheme, scopes: ['read'] }]]

/** A protected operation, and no other, before a gateway with these CORS settings. */
const protectedPets = (t: ExecutionContext, settings: object) =>
  planeBefore(t, {
    schemes: [scheme],
    operations: [
      { method: 'GET', path: '/dogs', security, policies: checkedPolicies({ cors: settings }) },
      { method: 'POST', path: '/dogs', security },
    ],
  })

const ask = (url: string, origin: string, method = 'GET', headers = 'authorization') =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': headers,
    },
  })

test('Fetch §3.2.2: a preflight request is answered before authentication and never forwarded', async (t) => {
  const { url, upstream } = await protectedPets(t, { allowedOrigins: [APP], maxAge: '1h' })
  const response = await ask(`${url}/pets/dogs`, APP, 'GET', 'Authorization, X-Trace')
  t.is(response.status, 204)
  t.is(response.headers.get('access-control-allow-origin'), APP)
  t.is(response.headers.get('access-control-allow-headers'), 'authorization, x-trace')
  t.true(response.headers.get('access-control-allow-methods')?.split(', ').includes('GET'))
  t.is(response.headers.get('access-control-max-age'), '3600')
  t.regex(response.headers.get('vary') ?? '', /Origin/)
  t.is(upstream.requests.length, 0)
})

test('a stranger, a method and a header that are not allowed are told nothing', async (t) => {
  const { url } = await protectedPets(t, {
    allowedOrigins: [APP],
    allowedMethods: ['GET'],
    allowedHeaders: ['Authorization'],
  })
  const granted = async (...asked: [string, string?, string?]) =>
    (await ask(`${url}/pets/dogs`, ...asked)).headers.get('access-control-allow-origin')
  t.is(await granted(APP), APP)
  t.is(await granted('https://evil.example.com'), null)
  t.is(await granted('null'), null)
  t.is(await granted(APP, 'GET', 'authorization,x-other'), null)
})

test('what an operation without CORS answers stays as it is: OPTIONS is not declared there', async (t) => {
  const { url } = await protectedPets(t, { allowedOrigins: [APP] })
  t.is((await ask(`${url}/pets/dogs`, APP, 'POST')).status, 405)
  t.is((await fetch(`${url}/pets/dogs`, { method: 'OPTIONS', headers: { origin: APP } })).status, 405)
})

test('a page of an allowed origin may read answers and refusals; what the upstream says of origins is replaced', async (t) => {
  const { url, upstream, token } = await protectedPets(t, { allowedOrigins: [APP], exposedHeaders: ['X-Total'] })
  upstream.answer({ headers: { 'access-control-allow-origin': 'https://old.example.com', 'x-total': '3' } })
  const refused = await fetch(`${url}/pets/dogs`, { headers: { origin: APP } })
  t.is(refused.status, 401)
  t.is(refused.headers.get('access-control-allow-origin'), APP)
  const headers = { origin: APP, authorization: `Bearer ${await token()}` }
  const answered = await fetch(`${url}/pets/dogs`, { headers })
  t.is(answered.status, 200)
  t.is(answered.headers.get('access-control-allow-origin'), APP)
  t.is(answered.headers.get('access-control-expose-headers'), 'X-Total')
  t.is(answered.headers.get('vary'), 'Origin')
  const foreign = await fetch(`${url}/pets/dogs`, { headers: { ...headers, origin: 'https://evil.example.com' } })
  t.is(foreign.headers.get('access-control-allow-origin'), null)
  t.is(foreign.headers.get('vary'), 'Origin')
})

test('RFC 9110 §12.5.5: answers for every origin do not vary with it', async (t) => {
  const { url, token } = await protectedPets(t, { allowedOrigins: ['*'] })
  const headers = { origin: APP, authorization: `Bearer ${await token()}` }
  const { headers: answered } = await fetch(`${url}/pets/dogs`, { headers })
  t.is(answered.get('access-control-allow-origin'), '*')
  t.is(answered.get('vary'), null)
})

test('credentials are allowed to origins that are named only', async (t) => {
  t.throws(() => checkedPolicies({ cors: { allowedOrigins: ['*'], allowCredentials: true } }), { message: /name the/ })
  const { url } = await protectedPets(t, { allowedOrigins: [APP], allowCredentials: true })
  const { headers } = await ask(`${url}/pets/dogs`, APP)
  t.is(headers.get('access-control-allow-credentials'), 'true')
})

test('switched off in a narrower place, it is as if it were not there', async (t) => {
  const { url } = await protectedPets(t, { enabled: false })
  t.throws(() => checkedPolicies({ cors: {} }), { message: /origins whose pages/ })
  t.is((await ask(`${url}/pets/dogs`, APP)).status, 405)
})

test('origins are compared whole: scheme, host and port', (t) => {
  const allows = corsOrigins([APP, 'https://*.example.org', 'HTTP://Localhost:80', 'capacitor://localhost'])
  for (const origin of [APP, 'https://a.example.org', 'https://a.b.example.org', 'http://localhost'])
    t.true(allows(origin))
  t.true(allows('capacitor://localhost'))
  const strangers = ['http://app.example.com', `${APP}:8443`, 'https://example.org', 'https://evilexample.org']
  const disguised = [
    'https://example.org.evil.com',
    'https://evil.com/.example.org',
    'https://x@.example.org',
    'null',
    '',
  ]
  for (const origin of [...strangers, ...disguised]) t.false(allows(origin), origin)
})

test('what is no origin is refused when the document is loaded', (t) => {
  for (const origin of ['null', 'app.example.com', 'https://a/', 'https://*', 'https://a.*.com', '']) {
    t.false(cors.settings.safeParse({ allowedOrigins: [origin] }).success, origin)
  }
})
