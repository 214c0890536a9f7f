import test from 'ava'
import type { LibraryEntry } from '../../src/admin/library.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { adminApi, entryOf } from '../_kit/admin-api.ts'

const FAULT: Diagnostic = {
  code: 'GW1000',
  severity: 'error',
  message: 'unknown key "listenPaht"',
  hint: 'did you mean "listenPath"?',
  file: 'broken.yaml',
  line: 7,
  column: 5,
  pointer: '/x-gateway/server/listenPaht',
}
const down: LibraryEntry = {
  id: 'broken',
  name: 'Broken',
  state: 'down',
  file: 'broken.yaml',
  diagnostics: [FAULT],
  text: async () => undefined,
}

test('APIs are listed with their state, page by page', async (t) => {
  const { call } = await adminApi(t, { entries: (api) => [down, entryOf(api)] })
  const first = await call('GET', '/api/apis?limit=1')
  t.deepEqual(first.json, {
    data: [{ id: 'broken', name: 'Broken', state: 'down', file: 'broken.yaml', errors: 1, warnings: 0 }],
    next: 'broken',
  })
  const second = await call('GET', '/api/apis/?limit=1&after=broken')
  t.deepEqual(second.json, {
    data: [
      {
        id: 'pets',
        name: 'Pets & more',
        state: 'live',
        file: 'pets.yaml',
        active: true,
        listen_path: '/pets/',
        hosts: [],
        revision: 'r1',
        errors: 0,
        warnings: 0,
      },
    ],
  })
})

test('the status of an API says what is wrong with its document, and where', async (t) => {
  const { call } = await adminApi(t, {
    entries: (api) => [down, entryOf(api, { state: 'stale', diagnostics: [FAULT] })],
  })
  t.deepEqual((await call('GET', '/api/apis/broken/status')).json['diagnostics'], [FAULT])
  const stale = (await call('GET', '/api/apis/pets/status')).json
  t.deepEqual([stale['state'], stale['revision']], ['stale', 'r1'])
  t.is((await call('GET', '/api/apis/nothing/status')).status, 404)
})

test('a document comes as it stands in its file, and not again when it has not changed', async (t) => {
  const { call } = await adminApi(t)
  const got = await call('GET', '/api/apis/pets')
  t.is(got.status, 200)
  t.is(got.text, 'openapi: 3.1.0\ninfo: { title: Pets & more }\n')
  t.is(got.headers['content-type'], 'application/yaml; charset=utf-8')
  const etag = String(got.headers['etag'])
  const again = await call('GET', '/api/apis/pets', { headers: { 'if-none-match': `"x", W/${etag}` } })
  t.deepEqual([again.status, again.text, again.headers['etag']], [304, '', etag])
  t.is((await call('GET', '/api/apis/pets', { headers: { 'if-none-match': '"x"' } })).status, 200)
})

test('a JSON document is JSON, and one whose file has gone is 404', async (t) => {
  const { call } = await adminApi(t, {
    entries: (api) => [down, entryOf(api, { text: async () => ' {"openapi":"3.1.0"}' })],
  })
  t.is((await call('GET', '/api/apis/pets')).headers['content-type'], 'application/json; charset=utf-8')
  t.is((await call('GET', '/api/apis/broken')).status, 404)
})

test('clients of an API that is down can be managed, but nobody authorized', async (t) => {
  const { call } = await adminApi(t, { entries: () => [down] })
  t.is((await call('POST', '/api/apis/oauth/broken', { body: { client_id: 'shop' } })).status, 201)
  t.is((await call('GET', '/api/apis/oauth/broken')).status, 200)
  const refused = await call('POST', '/api/apis/oauth/broken/authorize-client', { body: 'client_id=shop' })
  t.is(refused.status, 503)
  t.truthy(refused.headers['retry-after'])
})
