import test from 'ava'
import { caching, FRESH } from '../../_kit/caching.ts'
import { gatewayApi, planeBefore, startPlane } from '../../_kit/data-plane.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'
import { checkedPolicies } from '../../_kit/policies.ts'
import { rawRequest } from '../../_kit/raw-http.ts'
import { until } from '../../_kit/until.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

test('RFC 9111 §4.1: answers that vary are kept for each value of what they vary with', async (t) => {
  const { answers, get, asked } = await caching(t, { vary: ['X-Tenant'] })
  answers({ ...FRESH, vary: 'Accept-Language' })
  const ask = async (language: string, tenant: string) =>
    (await get({ 'accept-language': language, 'x-tenant': tenant })).body
  const first = await ask('de', 'a')
  t.is(await ask('de', 'a'), first)
  t.not(await ask('en', 'a'), first)
  t.not(await ask('de', 'b'), first)
  t.is(await ask('de', 'a'), first)
  t.is(asked(), 3)
})

test('a negotiated coding is never given to who did not ask for it, even where the upstream forgets Vary', async (t) => {
  const { answers, get, asked } = await caching(t)
  answers({ ...FRESH, 'content-encoding': 'identity' })
  await get({ 'accept-encoding': 'gzip' })
  await get({ 'accept-encoding': 'br' })
  t.is(asked(), 2)
})

test('RFC 9111 §3.5: each caller gets their own answers; those that say `public` or `s-maxage` are everyone’s', async (t) => {
  const scheme = issuerScheme()
  const security = [[{ scheme, scopes: ['read'] }]]
  const { answers, get, token, asked } = await caching(t, {}, { security })
  const as = async (subject: string, scope = ['read']) => `Bearer ${await token({ subject, scope })}`
  const ann = await as('ann')
  answers(FRESH)
  const ask = async (authorization: string, path: string) => (await get({ authorization }, path)).body
  const anns = await ask(ann, '/mine')
  t.is(await ask(ann, '/mine'), anns)
  t.is(await ask(await as('ann'), '/mine'), anns) // another token of hers
  t.not(await ask(await as('bob'), '/mine'), anns)
  t.not(await ask(await as('ann', ['read', 'write']), '/mine'), anns)
  t.is((await get({}, '/mine')).status, 401)
  for (const control of ['public, max-age=60', 's-maxage=60']) {
    answers({ 'cache-control': control })
    const path = `/${asked()}`
    const shared = await ask(ann, path)
    t.is(await ask(await as('bob'), path), shared)
  }
  answers({ 'cache-control': 'public, max-age=60', vary: 'X-Authenticated-Userid' })
  const varied = await ask(ann, '/vary')
  t.not(await ask(await as('bob'), '/vary'), varied)
  t.is(await ask(ann, '/vary'), varied)
})

test('credentials that only the upstream understands, and cookies, keep answers to themselves', async (t) => {
  const { answers, get, asked } = await caching(t)
  answers(FRESH)
  await get()
  for (const headers of [{ authorization: 'Basic x' }, { cookie: 'session=1' }]) {
    const before = asked()
    await get(headers)
    await get(headers)
    t.is(asked(), before + 2, JSON.stringify(headers))
  }
  const shared = await caching(t, { shared: true })
  shared.answers(FRESH)
  await shared.get({ cookie: 'consent=1' })
  await shared.get({ cookie: 'consent=2' })
  t.is(shared.asked(), 1)
})

test('RFC 9111 §4.4: a change forgets what is kept of the same URL, whatever operation changes it; a failed one does not', async (t) => {
  const policies = checkedPolicies({ cache: {} })
  const { url, upstream } = await planeBefore(t, {
    operations: [
      { method: 'GET', path: '/dogs/{id}', policies },
      { method: 'PUT', path: '/dogs/{id}' },
    ],
  })
  upstream.answer({ headers: FRESH })
  const ask = async (method: string, id: number) => void (await fetch(`${url}/pets/dogs/${id}`, { method }))
  const reads = async (id: number) => {
    const before = upstream.requests.length
    await ask('GET', id)
    return upstream.requests.length > before
  }
  await ask('GET', 1)
  await ask('GET', 2)
  await ask('PUT', 1)
  t.true(await reads(1))
  t.false(await reads(2))
  upstream.answerOnce({ status: 500 })
  await ask('PUT', 1)
  t.false(await reads(1))
})

test('an answer that is under way while a change succeeds is not kept', async (t) => {
  const policies = checkedPolicies({ cache: {} })
  const { url, upstream } = await planeBefore(t, { operations: [{ policies }] })
  let release = (): void => {}
  upstream.answerOnce((_, response) => {
    release = () => void response.writeHead(200, FRESH).end('old')
  })
  upstream.answer({ headers: FRESH, body: 'new' })
  const early = fetch(`${url}/pets/1`)
  await until(() => upstream.requests.length > 0)
  await fetch(`${url}/pets/1`, { method: 'PUT' })
  release()
  t.is(await (await early).text(), 'old')
  t.is(await (await fetch(`${url}/pets/1`)).text(), 'new')
})

test('RFC 9111 §2: answers are kept by the whole URL that was called: nobody gets what was made of another host or scheme', async (t) => {
  const upstream = await forTest(t, startUpstream())
  upstream.answer((request, response) => {
    const { 'x-forwarded-proto': proto, 'x-forwarded-host': host, forwarded } = request.headers
    response
      .writeHead(301, { ...FRESH, location: `${proto}://${host}/` })
      .end(String(forwarded).replaceAll(/for=[^;]*;/g, ''))
  })
  const api = gatewayApi(upstream.url, { operations: [{ policies: checkedPolicies({ cache: {} }) }] })
  for (const trusted of [false, true]) {
    const { url } = await startPlane(t, [api], { deps: { trusts: () => trusted } })
    const ask = async (...headers: string[]) => {
      const { body, header } = await rawRequest(url, `GET /pets/x HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
      return `${header('location')} ${body} ${header('cache-status')?.split(';')[1] ?? ''}`
    }
    const before = upstream.requests.length
    await ask('Host: evil.test')
    t.is(
      await ask('Host: good.test', 'X-Forwarded-For: 1.2.3.4'),
      'http://good.test/ proto=http;host="good.test"  fwd=miss',
    )
    t.is(await ask('Host: GOOD.test'), 'http://good.test/ proto=http;host="good.test"  hit')
    await ask('Host: good.test', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Proto: https', 'Forwarded: host=evil.test')
    t.regex(await ask('Host: good.test'), /^http:\/\/good\.test\/ proto=http;host="good\.test" {2}hit$/)
    t.is(upstream.requests.length - before, trusted ? 3 : 2)
  }
})

test('what other policies say of the head is said anew for each request, not kept', async (t) => {
  const policies = checkedPolicies({
    cache: {},
    cors: { allowedOrigins: ['https://a.test', 'https://b.test'] },
    headers: { response: { add: { 'x-added': 'once' } } },
  })
  const { url, upstream } = await planeBefore(t, { operations: [{ policies }] })
  upstream.answer({ headers: FRESH })
  for (const origin of ['https://a.test', 'https://b.test', 'https://c.test']) {
    const { headers } = await fetch(`${url}/pets`, { headers: { origin } })
    t.is(headers.get('access-control-allow-origin'), origin === 'https://c.test' ? null : origin)
    t.is(headers.get('x-added'), 'once')
  }
  t.is(upstream.requests.length, 1)
})

test('an answer of an older version of the document is not given any more', async (t) => {
  const policies = checkedPolicies({ cache: {} })
  const { url, upstream, publish } = await planeBefore(t, { operations: [{ policies }] })
  upstream.answer({ headers: FRESH })
  await fetch(`${url}/pets`)
  publish([gatewayApi(upstream.url, { revision: 'r2', operations: [{ policies }] })])
  await fetch(`${url}/pets`)
  t.is(upstream.requests.length, 2)
})
