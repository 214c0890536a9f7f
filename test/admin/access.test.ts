import test from 'ava'
import { StoreUnavailable } from '../../src/store/store.ts'
import { ADMIN_SECRET, adminApi } from '../_kit/admin-api.ts'

test('the secret is accepted bare and as a bearer token, and nothing else is', async (t) => {
  const { call } = await adminApi(t)
  for (const authorization of [ADMIN_SECRET, `Bearer ${ADMIN_SECRET}`, `bearer ${ADMIN_SECRET}`]) {
    t.is((await call('GET', '/api/apis', { authorization })).status, 200)
  }
  const wrong = [null, '', 'Bearer', 'Bearer ', `${ADMIN_SECRET}x`, ADMIN_SECRET.slice(1), `Basic ${ADMIN_SECRET}`]
  for (const authorization of wrong) {
    const answer = await call('GET', '/api/apis', { authorization })
    t.is(answer.status, 401)
    t.is(answer.headers['content-type'], 'application/problem+json')
    t.regex(String(answer.headers['www-authenticate']), /^Bearer/)
    t.is(answer.json['type'], 'urn:gatehouse:problem:unauthorized')
  }
})

test('without the secret nobody learns which calls exist', async (t) => {
  const { call } = await adminApi(t)
  for (const path of ['/', '/api/nothing', '/api/apis/oauth/pets', '/api/users/ann', '//health', '/health/x']) {
    t.is((await call('GET', path, { authorization: null })).status, 401, path)
  }
})

test('a guesser is put off after ten different guesses, a program with one old key never', async (t) => {
  const { call, clock } = await adminApi(t)
  for (let turn = 0; turn < 30; turn++) {
    t.is((await call('GET', '/api/apis', { authorization: 'the old key' })).status, 401)
  }
  t.is((await call('GET', '/api/apis')).status, 200)
  for (let turn = 0; turn < 9; turn++) await call('GET', '/api/apis', { authorization: `guess ${turn}` })
  const refused = await call('GET', '/api/apis')
  t.is(refused.status, 429)
  t.is(refused.headers['retry-after'], '60')
  await clock.advance(60_000)
  t.is((await call('GET', '/api/apis')).status, 200)
})

test('probes answer programs on this machine without a secret', async (t) => {
  const { call } = await adminApi(t)
  t.deepEqual((await call('GET', '/health', { authorization: null })).json, { status: 'ok' })
  t.is((await call('GET', '/ready', { authorization: null })).status, 200)
  const metrics = await call('GET', '/metrics', { authorization: null })
  t.is(metrics.text, 'up 1\n')
  t.is(metrics.headers['content-type'], 'text/plain; version=0.0.4')
  t.is((await call('GET', '/health')).status, 200)
  t.is((await call('GET', '/health', { authorization: 'wrong' })).status, 401)
})

test('a page that reaches this machine by a name of its own is refused (DNS rebinding)', async (t) => {
  const { call } = await adminApi(t, { hosts: ['admin.internal'] })
  for (const host of [
    'localhost',
    'localhost:8081',
    '127.0.0.1:1',
    '[::1]:8081',
    'gateway.localhost',
    'ADMIN.internal:80',
  ]) {
    t.is((await call('GET', '/health', { authorization: null, headers: { host } })).status, 200, host)
  }
  for (const host of ['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test', 'evil.test:8081']) {
    t.is((await call('GET', '/health', { authorization: null, headers: { host } })).status, 421, host)
    t.is((await call('GET', '/api/apis', { headers: { host } })).status, 421, host)
  }
})

test('ready says what is missing', async (t) => {
  let loaded = false
  const { call } = await adminApi(t, {
    loaded: () => loaded,
    wrap: (store) => ({ ...store, ping: () => (loaded ? store.ping() : Promise.reject(new StoreUnavailable('down'))) }),
  })
  const before = await call('GET', '/ready', { authorization: null })
  t.is(before.status, 503)
  t.deepEqual(before.json['reasons'], ['the store does not answer', 'the documents are still being read'])
  loaded = true
  const after = await call('GET', '/ready', { authorization: null })
  t.deepEqual(after.json, { status: 'ready', apis: { live: 2, stale: 0, down: 0 } })
})

test('an unknown path is 404, a wrong method 405 with the right ones, as problem documents', async (t) => {
  const { call } = await adminApi(t)
  for (const path of [
    '/',
    '/api2',
    '/api/apis/a/b/c/d/e',
    '/API/apis',
    '/api//apis',
    '/api/%zz',
    '/api/apis/%E0%A4%A',
  ]) {
    const answer = await call('GET', path)
    t.is(answer.status, 404, path)
    t.is(answer.headers['content-type'], 'application/problem+json')
  }
  const wrong = await call('DELETE', '/api/users')
  t.is(wrong.status, 405)
  t.is(wrong.headers['allow'], 'POST, GET')
  t.is((await call('PATCH', '/api/apis/oauth/pets/app')).status, 405)
  t.is((await call('OPTIONS', '/api/users')).status, 405)
  t.is((await call('GET', '/api/users/')).status, 200)
  t.is((await call('HEAD', '/api/users')).status, 200)
})

test('bodies that are too large, malformed, of another type or compressed get the right 4xx', async (t) => {
  const { call } = await adminApi(t, { bodyLimit: 1000 })
  const post = (body: string, type: string, more = {}) =>
    call('POST', '/api/users', { body, headers: { 'content-type': type, ...more } })
  t.is((await post('x'.repeat(1001), 'application/json')).status, 413)
  t.is((await post('{', 'application/json')).status, 400)
  t.is((await post('{}', 'text/xml')).status, 415)
  t.is((await post('{}', 'application/json', { 'content-encoding': 'gzip' })).status, 415)
  t.is((await post('username=a&username=b&password=c', 'application/x-www-form-urlencoded')).status, 400)
  t.is((await post('[]', 'application/json')).status, 422)
  t.is((await post('null', 'application/json')).status, 422)
  t.is((await post('', 'application/json')).status, 422)
})

test('a body is checked as a whole, and every fault has its pointer', async (t) => {
  const { call } = await adminApi(t)
  const answer = await call('POST', '/api/apis/oauth/pets', {
    body: {
      redirect_uris: ['https://ok.test/cb', 'https://*.test/#x'],
      client_typ: 'public',
      scopes: ['a b'],
      grant_types: ['magic'],
    },
  })
  t.is(answer.status, 422)
  const errors = answer.json['errors'] as { pointer: string; message: string }[]
  t.deepEqual(errors.map(({ pointer }) => pointer).sort(), [
    '/client_typ',
    '/grant_types/0',
    '/redirect_uris/1',
    '/scopes/0',
  ])
  t.regex(errors.find(({ pointer }) => pointer === '/client_typ')?.message ?? '', /did you mean "client_type"/)
})

test('a store that does not answer is 503 with Retry-After, and the answer says nothing more', async (t) => {
  const { call } = await adminApi(t, {
    wrap: (store) => ({ ...store, list: () => Promise.reject(new StoreUnavailable('connect ECONNREFUSED 10.1.2.3')) }),
  })
  const answer = await call('GET', '/api/users')
  t.is(answer.status, 503)
  t.truthy(answer.headers['retry-after'])
  t.false(answer.text.includes('10.1.2.3'))
})

test('a bug is 500 with an id that the log explains, and nothing inside', async (t) => {
  const broken = {
    method: 'GET',
    path: '/api/broken',
    action: 'broken',
    handle: () => Promise.reject(new TypeError('x is secret')),
  } as const
  const { call, lines } = await adminApi(t, { more: [broken] })
  const answer = await call('GET', '/api/broken')
  t.is(answer.status, 500)
  t.false(/secret|TypeError|at /.test(answer.text))
  t.true(lines.some((line) => line['errorId'] === answer.json['error_id']))
})

test('lists are paged, and a limit that makes no sense is refused', async (t) => {
  const { call } = await adminApi(t)
  for (const name of ['a', 'b', 'c']) await call('POST', '/api/users', { body: { username: name, password: 'p' } })
  const first = await call('GET', '/api/users?limit=2')
  t.deepEqual(
    (first.json['data'] as { username: string }[]).map((user) => user.username),
    ['a', 'b'],
  )
  const second = await call('GET', `/api/users?limit=2&after=${encodeURIComponent(String(first.json['next']))}`)
  t.deepEqual(
    (second.json['data'] as { username: string }[]).map((user) => user.username),
    ['c'],
  )
  t.is(second.json['next'], undefined)
  for (const limit of ['0', '-1', '1001', 'x', '1.5'])
    t.is((await call('GET', `/api/users?limit=${limit}`)).status, 400, limit)
})

test('every write leaves one line with who did what and what came of it, and no secret', async (t) => {
  const { call, lines } = await adminApi(t)
  const made = await call('POST', '/api/apis/oauth/pets', {
    body: { client_id: 'shop', client_secret: 'chosen-by-hand-4711' },
  })
  await call('POST', '/api/users', { body: { username: 'ann', password: 'pw-of-ann-0815' } })
  await call('POST', '/api/users', { body: { username: 'ann', password: 'pw-of-ann-0815' } })
  await call('GET', '/api/users')
  const audit = lines.filter((line) => line['audit'] === true)
  t.deepEqual(
    audit.map(({ actor, action, status }) => [actor, action, status]),
    [
      ['admin', 'client.create', 201],
      ['admin', 'user.create', 201],
      ['admin', 'user.create', 409],
    ],
  )
  t.is(audit[0]?.['client'], 'shop')
  t.is(made.json['client_secret'], 'chosen-by-hand-4711')
  t.false(/chosen-by-hand|pw-of-ann|correct horse/.test(JSON.stringify(lines)))
})
