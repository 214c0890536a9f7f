import test, { type ExecutionContext } from 'ava'
import { compileDocument } from '../../../src/api/compile-document.ts'
import { noFolder } from '../../../src/document/folder.ts'
import { policySettings } from '../../../src/gateway/policies/index.ts'
import { urlRewrite } from '../../../src/gateway/policies/url-rewrite.ts'
import { type OperationWish, planeBefore } from '../../_kit/data-plane.ts'
import { checkedPolicies } from '../../_kit/policies.ts'
import { rawRequest } from '../../_kit/raw-http.ts'

const before = (t: ExecutionContext, settings: object, wish: OperationWish = {}, stripListenPath = true) =>
  planeBefore(t, { stripListenPath, operations: [{ ...wish, policies: checkedPolicies({ urlRewrite: settings }) }] })

const pet = { method: 'GET', path: '/dogs/{petId}/toys/{toy}' }

/** What arrives upstream when exactly this is asked for. */
async function sent({ url, upstream }: Awaited<ReturnType<typeof before>>, target: string): Promise<string> {
  await rawRequest(url, `GET ${target} HTTP/1.1\r\nHost: gw\r\n\r\n`)
  return upstream.last().path
}

test('a path is written anew with the parameters of the operation', async (t) => {
  const plane = await before(t, { path: '/v2/{toy}/of/{petId}' }, pet)
  t.is(await sent(plane, '/pets/dogs/7/toys/ball?a=b'), '/v2/ball/of/7?a=b')
  t.is(await sent(plane, '/pets/dogs/a%20b%2Fc/toys/x:y@z'), '/v2/x:y@z/of/a%20b%2Fc')
  t.is(await sent(plane, '/pets/dogs/%E2%82%AC/toys/1'), '/v2/1/of/%E2%82%AC')
})

test('a match takes whole segments and the rest; what does not match stays as it came', async (t) => {
  const plane = await before(t, { match: '/v1/{kind}/{rest*}', path: '/{kind}/old/{rest}' })
  t.is(await sent(plane, '/pets/v1/dogs/7/toys%2F1?x=%20'), '/dogs/old/7/toys%2F1?x=%20')
  t.is(await sent(plane, '/pets/v%31/dogs/'), '/dogs/old/')
  t.is(await sent(plane, '/pets/v1/dogs'), '/dogs/old/')
  t.is(await sent(plane, '/pets/v1'), '/v1')
  t.is(await sent(plane, '/pets/v2/dogs/7'), '/v2/dogs/7')
  const exact = await before(t, { match: '/v1/{kind}', path: '/{kind}' })
  t.is(await sent(exact, '/pets/v1/dogs/7'), '/v1/dogs/7')
})

test('the listen path stays in front where it is not stripped', async (t) => {
  const plane = await before(t, { match: '/a', path: '/b' }, {}, false)
  t.is(await sent(plane, '/pets/a?q'), '/pets/b?q')
})

test('query parameters are removed and set, and the others keep their bytes', async (t) => {
  const query = { remove: ['debug'], set: { 'pet id': '{petId} & more', version: '2' } }
  const plane = await before(t, { query }, pet)
  const own = 'pet%20id=a%20b%20%26%20more&version=2'
  t.is(await sent(plane, '/pets/dogs/a%20b/toys/1?x=%7e&debug=1&version=1'), `/dogs/a%20b/toys/1?x=%7e&${own}`)
  t.is(await sent(plane, '/pets/dogs/a%20b/toys/1?debug'), `/dogs/a%20b/toys/1?${own}`)
  t.is(await sent(plane, '/pets/dogs/a%20b/toys/1'), `/dogs/a%20b/toys/1?${own}`)
})

test('no value can leave its segment: a dot segment that values make together is refused', async (t) => {
  const plane = await before(t, { path: '/data/{a}{b}' }, { method: 'GET', path: '/x{a}/y{b}' })
  t.is(await sent(plane, '/pets/x1/y2'), '/data/12')
  for (const target of ['/pets/x./y.', '/pets/x%2e/y.', '/pets/x%2F./y.']) {
    const response = await rawRequest(plane.url, `GET ${target} HTTP/1.1\r\nHost: gw\r\n\r\n`)
    t.is(response.status, 400, target)
  }
  t.is(plane.upstream.requests.length, 1)
})

test('a rewrite that uses a parameter that is not there does not load, and the diagnostic says where', (t) => {
  const compiled = (settings: object) =>
    compileDocument(
      'pets.json',
      JSON.stringify({
        openapi: '3.0.3',
        info: { title: 'Pets', version: '1' },
        paths: { '/dogs/{petId}': { get: { responses: { 200: { description: '' } } } } },
        'x-gateway': { upstream: { url: 'http://a' }, middleware: { global: { urlRewrite: settings } } },
      }),
      noFolder,
      { publicUrl: 'http://gw', policies: policySettings, environment: () => undefined, readFile: () => undefined },
    )
  t.truthy(compiled({ path: '/v2/{petId}' }).api)
  const { api, diagnostics } = compiled({ path: '/v2/{id}' })
  t.is(api, undefined)
  const found = diagnostics.filter(({ code }) => code === 'GW2107')
  t.deepEqual(
    found.map(({ pointer }) => pointer),
    ['/paths/~1dogs~1{petId}/get'],
  )
  t.truthy(compiled({ match: '/a/{b*}', path: '/{b}' }).api)
  t.is(compiled({ match: '/a/{b*}', query: { set: { c: '{c}' } } }).api, undefined)
  t.regex(String(compiled({ match: '/a/{b*}', path: '/{b*}' }).diagnostics[0]?.hint), /write \{b\}/)
})

test('paths that are none, or that climb, are refused when the document is loaded', (t) => {
  for (const path of ['v2', '/a/../b', '/a?b', '/a#b', '/a b', '/a\\b', '/./a']) {
    t.false(urlRewrite.settings.safeParse({ path }).success, path)
  }
  for (const match of ['/a/{b*}/c', '/{a}b', '/{', '/{}']) {
    t.false(urlRewrite.settings.safeParse({ match, path: '/' }).success, match)
  }
})
