import test, { type ExecutionContext } from 'ava'
import { headers } from '../../../src/gateway/policies/headers.ts'
import { planeBefore } from '../../_kit/data-plane.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'
import { checkedPolicies } from '../../_kit/policies.ts'

const before = (t: ExecutionContext, settings: object) =>
  planeBefore(t, { operations: [{ policies: checkedPolicies({ headers: settings }) }] })

test('request headers are removed, then set, then added, in any case of their names', async (t) => {
  const { url, upstream } = await before(t, {
    request: { remove: ['x-debug'], set: { 'X-Partner': 'acme' }, add: { 'Accept-Language': 'de' } },
  })
  await fetch(`${url}/pets`, {
    headers: { 'X-DEBUG': '1', 'x-partner': 'forged', 'accept-language': 'en', 'x-other': 'stays' },
  })
  const { headers: seen } = upstream.last()
  t.is(seen['x-debug'], undefined)
  t.is(seen['x-partner'], 'acme')
  t.is(seen['accept-language'], 'en, de')
  t.is(seen['x-other'], 'stays')
})

test('a credential for the upstream takes the place of the client’s', async (t) => {
  const { url, upstream } = await before(t, { request: { set: { authorization: 'Bearer of-the-gateway' } } })
  await fetch(`${url}/pets`, { headers: { authorization: 'Basic abc', cookie: 'a=b' } })
  t.is(upstream.last().headers.authorization, 'Bearer of-the-gateway')
  t.is(upstream.last().headers.cookie, 'a=b')
})

test('response headers are removed, set and added', async (t) => {
  const { url, upstream } = await before(t, {
    response: { remove: ['server'], set: { 'x-frame-options': 'DENY' }, add: { vary: 'Accept-Language' } },
  })
  upstream.answer({ headers: { Server: 'old', 'X-Frame-Options': 'ALLOWALL', vary: 'Accept', 'x-kept': 'yes' } })
  const { headers: seen } = await fetch(`${url}/pets`)
  t.is(seen.get('server'), null)
  t.is(seen.get('x-frame-options'), 'DENY')
  t.is(seen.get('vary'), 'Accept, Accept-Language')
  t.is(seen.get('x-kept'), 'yes')
})

test('what every answer must say is said on refusals as well', async (t) => {
  const scheme = issuerScheme()
  const set = { 'strict-transport-security': 'max-age=1' }
  const policies = checkedPolicies({ headers: { response: { set } } })
  const { url, upstream } = await planeBefore(t, {
    operations: [
      { security: [[{ scheme, scopes: [] }]], policies },
      { method: 'GET', path: '/closed', blocked: true, policies },
    ],
  })
  await upstream.close()
  for (const [path, status] of [
    ['/dogs', 401],
    ['/closed', 403],
  ] as const) {
    const refused = await fetch(`${url}/pets${path}`)
    t.is(refused.status, status)
    t.is(refused.headers.get('strict-transport-security'), 'max-age=1')
  }
})

test('headers that only the gateway may say are refused when the document is loaded', (t) => {
  const refused = (settings: object) => !headers.settings.safeParse(settings).success
  const own = ['Host', 'Connection', 'Content-Length', 'Transfer-Encoding', 'X-Authenticated-Userid', 'x_consumer_id']
  for (const name of [...own, 'X-Forwarded-For', 'X-Request-Id', 'traceparent', 'no name', '']) {
    t.true(refused({ request: { set: { [name]: 'x' } } }), name)
    t.true(refused({ request: { remove: [name] } }), name)
  }
  for (const name of ['Content-Length', 'Transfer-Encoding', 'Connection', 'X-Request-Id', 'a b']) {
    t.true(refused({ response: { add: { [name]: 'x' } } }), name)
  }
  for (const value of ['a\r\nSet-Cookie: b', 'a\0', ' a', 'a ', 'é€']) {
    t.true(refused({ response: { set: { 'x-a': value } } }), value)
  }
})
