import test, { type ExecutionContext } from 'ava'
import { ipAccess } from '../../../src/gateway/policies/ip-access.ts'
import { gatewayApi, startPlane } from '../../_kit/data-plane.ts'
import { gatewayFor } from '../../_kit/gateway.ts'
import { checkedPolicies } from '../../_kit/policies.ts'
import { startUpstream } from '../../_kit/upstream.ts'
import { forTest } from '../../_kit/world.ts'

/** Asks through proxies that say this; `trusted` are believed. Gives the status. */
async function asker(t: ExecutionContext, settings: object, trusted: readonly string[] = []) {
  const upstream = await forTest(t, startUpstream())
  const policies = checkedPolicies({ ipAccess: settings, cors: { allowedOrigins: ['*'] } })
  const api = gatewayApi(upstream.url, { operations: [{ policies }] })
  const { url } = await startPlane(t, [api], { deps: { trusts: (address) => trusted.includes(address) } })
  return async (headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
    (await fetch(`${url}/pets`, { method, headers })).status
}

const PROXY = '127.0.0.1'

test('only allowed addresses may call, by address or range, and never blocked ones', async (t) => {
  t.is(await (await asker(t, { allow: ['127.0.0.0/8'] }))(), 200)
  t.is(await (await asker(t, { allow: ['10.0.0.0/8', '::1'] }))(), 403)
  t.is(await (await asker(t, { allow: ['127.0.0.1'], block: ['127.0.0.0/30'] }))(), 403)
  t.is(await (await asker(t, { block: ['10.0.0.0/8'] }))(), 200)
  t.is(await (await asker(t, { enabled: false, block: ['127.0.0.1'] }))(), 200)
})

test('a stranger cannot lend himself an address: only trusted proxies are believed', async (t) => {
  const ask = await asker(t, { allow: ['10.0.0.7'] })
  t.is(await ask({ 'x-forwarded-for': '10.0.0.7' }), 403)
  t.is(await ask({ forwarded: 'for=10.0.0.7' }), 403)
})

test('behind trusted proxies, the nearest address that is none of them counts', async (t) => {
  const ask = await asker(t, { allow: ['10.0.0.7', '2001:db8::/32'] }, [PROXY, '192.0.2.9'])
  t.is(await ask({ 'x-forwarded-for': '10.0.0.7' }), 200)
  t.is(await ask({ 'x-forwarded-for': '10.0.0.7, 192.0.2.9' }), 200)
  t.is(await ask({ 'x-forwarded-for': '10.0.0.7, 10.0.0.8' }), 403)
  t.is(await ask({ 'x-forwarded-for': '10.0.0.8, 10.0.0.7:4711' }), 200)
  t.is(await ask({ 'x-forwarded-for': '::ffff:10.0.0.7' }), 200)
  t.is(await ask({ 'x-forwarded-for': '10.0.0.7, nonsense' }), 403)
  t.is(await ask({ forwarded: 'for=10.0.0.8, for="[2001:db8::1]:80";proto=https' }), 200)
  t.is(await ask({ forwarded: 'by=x;For=10.0.0.8' }), 403)
  t.is(await ask(), 403)
})

test('a browser that asks first is refused by address as well', async (t) => {
  const ask = await asker(t, { block: [PROXY] })
  t.is(await ask({ origin: 'https://a.test', 'access-control-request-method': 'GET' }, 'OPTIONS'), 403)
})

test('the proxies that are trusted are those of the settings', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    paths: {},
    'x-gateway': {
      server: { listenPath: { value: '/pets/' } },
      upstream: { url: upstream.url },
      middleware: { global: { ipAccess: { allow: ['10.0.0.7'] } } },
    },
  }
  const headers = { 'x-forwarded-for': '10.0.0.7' }
  for (const [trustedProxies, status] of [
    [[], 403],
    [['127.0.0.0/8'], 200],
  ] as const) {
    const { url } = await gatewayFor(t, { documents: { 'pets.json': document }, settings: { trustedProxies } })
    t.is((await fetch(`${url}/pets`, { headers })).status, status)
  }
  t.is(upstream.last().headers['x-forwarded-for'], '10.0.0.7, 127.0.0.1')
})

test('what is no range is refused when the document is loaded', (t) => {
  for (const range of [
    '10.0.0.0/33',
    '10.0.0',
    '::/129',
    '10.0.0.0/',
    'localhost',
    '10.0.0.0/8/8',
    '',
    '10.0.0.0/-1',
  ]) {
    t.false(ipAccess.settings.safeParse({ block: [range] }).success, range)
  }
  t.false(ipAccess.settings.safeParse({ allow: [] }).success) // nobody could call
})
