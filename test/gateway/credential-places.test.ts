import test, { type ExecutionContext } from 'ava'
import type { SecurityScheme } from '../../src/api/api.ts'
import type { TokenSources } from '../../src/api/settings/token-source.ts'
import { Secret } from '../../src/core/secret.ts'
import { type ApiWish, planeBefore } from '../_kit/data-plane.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'
import { rawRequest } from '../_kit/raw-http.ts'

const EVERYWHERE: TokenSources = {
  header: { enabled: true, name: 'Authorization' },
  query: { enabled: true, name: 'access_token' },
  cookie: { enabled: true, name: 'session' },
}

/** A gateway whose every path needs a token, looked for in `sources`. */
function tokenFrom(t: ExecutionContext, sources: TokenSources, wish: ApiWish = {}) {
  const scheme: SecurityScheme = { ...issuerScheme(), sources }
  return planeBefore(t, { schemes: [scheme], operations: [{ security: [[{ scheme, scopes: [] }]] }], ...wish })
}

const get = (path: string, ...headers: string[]): string =>
  `GET /pets${path} HTTP/1.1\r\nHost: a\r\n${headers.map((header) => `${header}\r\n`).join('')}\r\n`

test('a token is found in header, query and cookie, bare or after Bearer outside of Authorization', async (t) => {
  const { url, token } = await tokenFrom(t, EVERYWHERE)
  const good = await token()
  const requests = [
    get('/x', `Authorization: Bearer ${good}`),
    get(`/x?access_token=${good}`),
    get(`/x?a=b&access_token=${good}&c`),
    get(`/x?access%5Ftoken=${good}`),
    get(`/x?access_token=Bearer+${good}`),
    get('/x', `Cookie: session=${good}`),
    get('/x', `Cookie: a=b; session=${good}; c=d`),
    get('/x', `Cookie: session="${good}"`),
    get('/x', `Cookie: session=Bearer ${good}`),
    get('/x?access_token=', `Cookie: session=${good}`),
  ]
  for (const request of requests) t.is((await rawRequest(url, request)).status, 200, request)
})

test('a place that is switched off, or never named, is not looked at', async (t) => {
  const { url, token } = await tokenFrom(t, {
    header: { enabled: false, name: 'Authorization' },
    query: { enabled: true, name: 'key' },
  })
  const good = await token()
  t.is((await rawRequest(url, get('/x', `Authorization: Bearer ${good}`))).status, 401)
  t.is((await rawRequest(url, get(`/x?access_token=${good}`))).status, 401)
  t.is((await rawRequest(url, get('/x', `Cookie: access_token=${good}`))).status, 401)
  t.is((await rawRequest(url, get(`/x?key=${good}`))).status, 200)
})

test('a header of another name takes the token bare or after Bearer', async (t) => {
  const { url, token } = await tokenFrom(t, { header: { enabled: true, name: 'X-Token' } })
  const good = await token()
  t.is((await rawRequest(url, get('/x', `x-token: ${good}`))).status, 200)
  t.is((await rawRequest(url, get('/x', `X-TOKEN: bearer ${good}`))).status, 200)
  t.is((await rawRequest(url, get('/x', `Authorization: Bearer ${good}`))).status, 401)
  t.is((await rawRequest(url, get('/x', `X-Token: ${good}`, `X-Token: ${good}`))).status, 401)
})

test('RFC 6750 §2: a token presented in more than one way is 400 invalid_request, even the same one', async (t) => {
  const { url, token } = await tokenFrom(t, EVERYWHERE)
  const good = await token()
  const other = await token()
  const requests = [
    get(`/x?access_token=${good}`, `Authorization: Bearer ${good}`),
    get(`/x?access_token=${good}&access_token=${other}`),
    get('/x', `Authorization: Bearer ${good}`, `Authorization: Bearer ${other}`),
    get('/x', `Cookie: session=${good}`, `Authorization: Bearer ${other}`),
    get('/x', `Cookie: session=${good}; session=${other}`),
    get(`/x?access_token=garbage`, `Authorization: Bearer ${good}`),
  ]
  for (const request of requests) {
    const answer = await rawRequest(url, request)
    t.is(answer.status, 400, request)
    t.regex(answer.header('www-authenticate') ?? '', /error="invalid_request"/)
  }
})

const STRIP: ApiWish = { authentication: { enabled: true, strip: true } }

test('stripAuthorizationData: the credential is gone, and everything beside it has kept its bytes', async (t) => {
  const { url, token, upstream } = await tokenFrom(t, EVERYWHERE, STRIP)
  const good = await token()
  await rawRequest(url, get('/x?a=%7e&b', `authorization: Bearer ${good}`, 'X-Auth: stays'))
  t.is(upstream.last().headers.authorization, undefined)
  t.is(upstream.last().headers['x-auth'], 'stays')
  t.is(upstream.last().path, '/x?a=%7e&b')
  const queries = {
    [`?access_token=${good}`]: '',
    [`?a=%7e&access_token=${good}&&b=+`]: '?a=%7e&&b=+',
    [`?access%5ftoken=${good}&a=1`]: '?a=1',
    [`?a=1&access_token=${good}&access_token=`]: '?a=1',
  }
  for (const [query, left] of Object.entries(queries)) {
    t.is((await rawRequest(url, get(`/x${query}`))).status, 200, query)
    t.is(upstream.last().path, `/x${left}`)
  }
  await rawRequest(url, get('/x', `Cookie: a=b;  session=${good}; c="d e"`))
  t.is(upstream.last().headers.cookie, 'a=b; c="d e"')
  await rawRequest(url, get('/x', `Cookie: session=${good}`))
  t.is(upstream.last().headers.cookie, undefined)
})

test('stripAuthorizationData: a credential that a public route does not need is gone as well', async (t) => {
  const { url, token, upstream } = await tokenFrom(t, EVERYWHERE, { ...STRIP, operations: [{}] })
  const good = await token()
  await rawRequest(url, get(`/x?access_token=${good}`, `Authorization: Bearer ${good}`, `Cookie: session=${good}`))
  t.false(JSON.stringify(upstream.last()).includes(good))
})

test('stripAuthorizationData: an API key is taken out of its place', async (t) => {
  const keys = [{ consumer: 'partner', key: new Secret('k-1') }]
  const scheme = (name: string, place: 'header' | 'query' | 'cookie', key: string): SecurityScheme => ({
    kind: 'apiKey',
    name,
    in: place,
    key,
    settings: { enabled: true, keys },
  })
  const schemes = [scheme('h', 'header', 'X-Key'), scheme('q', 'query', 'key'), scheme('c', 'cookie', 'key')]
  const security = schemes.map((one) => [{ scheme: one, scopes: [] }])
  const { url, upstream } = await planeBefore(t, { ...STRIP, schemes, operations: [{ security }] })
  await rawRequest(url, get('/x?key=k-1&a', 'X-KEY: k-1', 'Cookie: key=k-1; b=c'))
  t.is(upstream.last().path, '/x?a')
  t.is(upstream.last().headers.cookie, 'b=c')
  t.false(upstream.last().rawHeaders.includes('k-1'))
})

test('without stripAuthorizationData the credential goes on', async (t) => {
  const { url, token, upstream } = await tokenFrom(t, EVERYWHERE)
  const good = await token()
  await rawRequest(url, get('/x', `Authorization: Bearer ${good}`))
  t.is(upstream.last().headers.authorization, `Bearer ${good}`)
})
