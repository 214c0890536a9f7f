import test from 'ava'
import { clientKey } from '../../src/oauth/records/client.ts'
import { type AdminApi, adminApi } from '../_kit/admin-api.ts'
import { redemption, SECRET } from '../_kit/back-channel.ts'

const CLIENTS = '/api/apis/oauth/pets'
const basic = (id: string, secret: unknown) => `${id}:${String(secret)}`
const OWN_TOKEN = { grant_type: 'client_credentials', scope: 'read' }

/** No receiver hears of anything. */
const unheard = { announce: () => ({ enqueue: [], writes: [] }), listens: () => false, wake() {} }

test('a client is registered with a made id and secret, which work at once and are shown once', async (t) => {
  const { call, token, store } = await adminApi(t)
  const made = await call('POST', CLIENTS, {
    body: { redirect_uri: 'https://shop.test/cb', name: 'Shop', meta_data: { plan: 'gold' } },
  })
  t.is(made.status, 201)
  const { client_id: id, client_secret: secret } = made.json
  t.is(made.headers['location'], `${CLIENTS}/${String(id)}`)
  t.regex(String(id), /^[0-9a-f]{32}$/)
  t.regex(String(secret), /^gcs_[A-Za-z0-9_-]{43}$/)
  t.deepEqual(made.json['redirect_uris'], ['https://shop.test/cb'])
  t.is((await token(OWN_TOKEN, basic(String(id), secret))).status, 200)

  const got = await call('GET', `${CLIENTS}/${String(id)}`)
  t.is(got.json['client_secret'], undefined)
  t.deepEqual({ ...got.json, client_secret: secret }, made.json)
  const stored = JSON.stringify(await store.get([clientKey(String(id))]))
  t.false(got.text.includes(String(secret)) || stored.includes(String(secret)))
})

test('id and secret may be chosen; a chosen secret is kept as a slow hash', async (t) => {
  const { call, token, store } = await adminApi(t)
  const body = { client_id: 'my-client-id', client_secret: 'my-client-secret', redirect_uris: [] }
  const made = await call('POST', CLIENTS, { body })
  t.is(made.status, 201)
  t.is(made.json['client_secret'], 'my-client-secret')
  t.is((await token(OWN_TOKEN, basic('my-client-id', 'my-client-secret'))).status, 200)
  t.is((await token(OWN_TOKEN, basic('my-client-id', 'my-client-secreT'))).status, 401)
  const [entry] = await store.get([clientKey('my-client-id')])
  t.regex(entry?.value.secrets[0]?.digest ?? '', /^scrypt:/)
})

test('a form with the old names is understood as well', async (t) => {
  const { call } = await adminApi(t)
  await call('POST', '/api/policies', { body: { id: 'gold' } })
  const made = await call('POST', `${CLIENTS}/`, {
    body: 'redirect_uri=https%3A%2F%2Fshop.test%2Fcb&policy_id=gold&meta_data=%7B%22team%22%3A%22a%22%7D&client_id=',
  })
  t.is(made.status, 201)
  t.is(made.json['policy_id'], 'gold')
  t.deepEqual(made.json['policies'], ['gold'])
  t.deepEqual(made.json['meta_data'], { team: 'a' })
})

test('metadata of nothing are none, in JSON and in a form', async (t) => {
  const { call } = await adminApi(t)
  for (const body of [{}, { meta_data: null }, { meta_data: '' }, 'meta_data=', 'meta_data=null']) {
    const { status, json, text } = await call('POST', CLIENTS, { body })
    t.is(status, 201, text)
    t.deepEqual(json['meta_data'], {})
  }
})

test('an id is registered once, however many try at the same time', async (t) => {
  const { call } = await adminApi(t)
  t.is((await call('POST', CLIENTS, { body: { client_id: 'app' } })).status, 409)
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => call('POST', CLIENTS, { body: { client_id: 'raced' } })),
  )
  t.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 19 }, () => 409)])
})

test('a public client has no secret, and none can be made for it', async (t) => {
  const { call } = await adminApi(t)
  const made = await call('POST', CLIENTS, { body: { client_id: 'spa', client_type: 'public' } })
  t.is(made.status, 201)
  t.is(made.json['client_secret'], undefined)
  t.is((await call('POST', `${CLIENTS}/spa/rotate`)).status, 409)
  t.is(
    (await call('POST', CLIENTS, { body: { client_type: 'public', client_secret: 'xxxxxxxxxxxxxxxx' } })).status,
    422,
  )
})

for (const [what, body] of Object.entries({
  'a redirect URI with a wildcard': { redirect_uri: 'https://*.shop.test/' },
  'a redirect URI with a fragment': { redirect_uris: ['https://shop.test/cb#x'] },
  'a redirect URI with user information': { redirect_uri: 'https://a:b@shop.test/cb' },
  'a script as redirect URI': { redirect_uri: 'javascript:alert(1)' },
  'an id that is a path': { client_id: '../x' },
  'an id that is the name of a call': { client_id: 'authorize-client' },
  'an unknown member': { redirectUri: 'https://shop.test/cb' },
  'metadata that is no object': { meta_data: [1] },
  'metadata that is huge': { meta_data: { a: 'x'.repeat(9000) } },
  'an API that does not exist': { apis: ['nothing'] },
  'a secret with control characters': { client_secret: 'a\nb' },
})) {
  test(`${what} is refused with a pointer to it`, async (t) => {
    const { call } = await adminApi(t)
    const answer = await call('POST', CLIENTS, { body })
    t.is(answer.status, 422)
    const [error] = answer.json['errors'] as { pointer: string }[]
    t.true(error?.pointer.startsWith(`/${Object.keys(body)[0]}`), answer.text)
  })
}

test('an unknown API or client is 404, and so is a client of another API', async (t) => {
  const { call } = await adminApi(t)
  for (const [method, path] of [
    ['POST', '/api/apis/oauth/nothing'],
    ['GET', '/api/apis/oauth/nothing'],
    ['GET', `${CLIENTS}/nobody`],
    ['PUT', `${CLIENTS}/nobody`],
    ['DELETE', `${CLIENTS}/nobody`],
    ['POST', `${CLIENTS}/nobody/rotate`],
    ['GET', `${CLIENTS}/nobody/tokens`],
    ['GET', '/api/apis/oauth/birds/app'],
    ['PUT', '/api/apis/oauth/birds/app'],
    ['DELETE', '/api/apis/oauth/birds/app'],
    ['POST', '/api/apis/oauth/birds/app/rotate'],
    ['GET', '/api/apis/oauth/birds/app/tokens'],
    ['POST', '/api/apis/oauth/nobody/revoke_all'],
  ] as const) {
    t.is((await call(method, path, method === 'GET' ? {} : { body: {} })).status, 404, `${method} ${path}`)
  }
})

test('a client is listed under every API that it serves, page by page', async (t) => {
  const { call, clock } = await adminApi(t)
  for (const id of ['one', 'two', 'three']) {
    await clock.advance(1)
    await call('POST', '/api/apis/oauth/birds', { body: { client_id: id, apis: id === 'two' ? ['pets'] : [] } })
  }
  const ids = (answer: { json: Readonly<Record<string, unknown>> }) =>
    (answer.json['data'] as { client_id: string }[]).map((client) => client.client_id)
  const first = await call('GET', '/api/apis/oauth/birds?limit=2')
  t.deepEqual(ids(first), ['one', 'two'])
  t.deepEqual(
    ids(await call('GET', `/api/apis/oauth/birds?limit=2&after=${encodeURIComponent(String(first.json['next']))}`)),
    ['three'],
  )
  t.deepEqual(ids(await call('GET', CLIENTS)), ['two'])
})

test('PUT replaces what a client may do, keeps what it is, and takes it off an API that is no longer named', async (t) => {
  const { call, token, alive } = await adminApi(t)
  await call('POST', '/api/apis/oauth/birds', {
    body: { client_id: 'both', apis: ['pets'], name: 'Old', scopes: ['read'] },
  })
  const rotated = await call('POST', '/api/apis/oauth/birds/both/rotate')
  const issued = await token(OWN_TOKEN, basic('both', rotated.json['client_secret']))
  t.is(issued.status, 200)
  t.true(await alive(String(issued.json['access_token'])))
  const put = await call('PUT', '/api/apis/oauth/birds/both', {
    body: { redirect_uri: 'https://new.test/cb', apis: [] },
  })
  t.is(put.status, 200)
  t.is(put.json['name'], undefined)
  t.is(put.json['scopes'], undefined)
  t.deepEqual(put.json['apis'], ['birds'])
  t.is((put.json['secrets'] as unknown[]).length, 1)
  t.is((await call('GET', `${CLIENTS}/both`)).status, 404)
  t.false(await alive(String(issued.json['access_token'])))
  t.is((await call('PUT', '/api/apis/oauth/birds/both', { body: { client_type: 'public' } })).status, 422)
  t.is((await call('PUT', '/api/apis/oauth/birds/both', { body: { client_id: 'other' } })).status, 422)
  t.is((await call('PUT', '/api/apis/oauth/birds/both', { body: { client_secret: 'x' } })).status, 422)
})

test('removing a client ends its tokens for good, even when its id is registered again', async (t) => {
  const { call, redeemed, alive, refresh, clock, events } = await adminApi(t)
  const { access, refresh: refreshToken } = await redeemed()
  t.true(await alive(access))
  t.is((await call('DELETE', `${CLIENTS}/app`)).status, 204)
  t.false(await alive(access))
  t.is((await refresh(refreshToken)).status, 401)
  t.is((await call('DELETE', `${CLIENTS}/app`)).status, 404)
  await clock.advance(1)
  await call('POST', CLIENTS, { body: { client_id: 'app', client_secret: SECRET } })
  t.false(await alive(access))
  t.is((await refresh(refreshToken)).json['error'], 'invalid_grant')
  t.deepEqual((await call('GET', `${CLIENTS}/app/tokens`)).json['data'], [])
  const told = (await events()).map((event) => event.type).filter((type) => type.startsWith('oauth.client'))
  t.deepEqual([...told].sort(), ['oauth.client.created', 'oauth.client.deleted'])
})

test('a rotated secret works at once, the old one through the grace and not a moment longer', async (t) => {
  const { call, token, clock } = await adminApi(t)
  const answer = await call('POST', `${CLIENTS}/app/rotate`, { body: { grace: '1h' } })
  t.is(answer.status, 200)
  const next = basic('app', answer.json['client_secret'])
  t.is((answer.json['secrets'] as unknown[]).length, 2)
  t.is((await token(OWN_TOKEN, next)).status, 200)
  t.is((await token(OWN_TOKEN, basic('app', SECRET))).status, 200)
  await clock.advance(3_600_000)
  t.is((await token(OWN_TOKEN, basic('app', SECRET))).status, 401)
  t.is((await token(OWN_TOKEN, next)).status, 200)
  const now = await call('POST', `${CLIENTS}/app/rotate/`)
  t.is((now.json['secrets'] as unknown[]).length, 1)
  t.is((await token(OWN_TOKEN, next)).status, 401)
})

test('never more than two secrets live, and a grace that makes no sense is refused', async (t) => {
  const { call } = await adminApi(t)
  for (let turn = 0; turn < 4; turn++) await call('POST', `${CLIENTS}/app/rotate`, { body: { grace: 3600 } })
  const got = await call('GET', `${CLIENTS}/app`)
  t.is((got.json['secrets'] as unknown[]).length, 2)
  for (const grace of ['soon', -1, '91d', 1.5, null]) {
    t.is((await call('POST', `${CLIENTS}/app/rotate`, { body: { grace } })).status, 422, String(grace))
  }
  t.is((await call('POST', `${CLIENTS}/app/rotate`, { body: 'grace=1h' })).status, 200)
})

for (const [way, put] of Object.entries({
  'as a client of an API': (call: AdminApi['call'], apis: readonly string[]) =>
    call('PUT', '/api/apis/oauth/birds/app', { body: { redirect_uri: 'https://app.test/cb', apis } }),
  'as an application': (call: AdminApi['call'], apis: readonly string[]) =>
    call('PATCH', '/oauth2/app', { body: { apis } }),
})) {
  test(`an API that is taken away and given back, ${way}, issues anew: nothing of before revives`, async (t) => {
    const { call, clock, code, post, token, redeemed, refresh, alive, addClient } = await adminApi(t, {
      services: { announcer: unheard },
    })
    await addClient({ clientId: 'app', apis: ['pets', 'birds'] })
    const before = await redeemed()
    const unused = await code()
    const own = String((await token(OWN_TOKEN)).json['access_token'])
    clock.advance(1000)
    t.is((await put(call, ['birds'])).status, 200)
    t.false((await alive(before.access)) || (await alive(own)))
    clock.advance(1000)
    t.is((await put(call, ['birds', 'pets'])).status, 200)
    t.false((await alive(before.access)) || (await alive(own)))
    for (const refused of [await refresh(before.refresh), await token(redemption(unused))]) {
      t.is(refused.json['error'], 'invalid_grant')
    }
    t.false((await post('/oauth/introspect', { token: before.refresh })).json['active'])
    for (const path of [`${CLIENTS}/app/tokens`, '/api/apis/pets/users/ann/grants', '/oauth2_tokens']) {
      t.deepEqual((await call('GET', path)).json['data'], [], path)
    }
    const after = await redeemed()
    clock.advance(1000)
    t.is((await put(call, ['birds', 'pets'])).status, 200, 'what stays is not given anew')
    t.true(await alive(after.access))
    t.is((await refresh(after.refresh)).status, 200)
  })
}

// `constructor`: an API can have the name of a member of every object.
test('an API that is added later takes nothing from what the others issued', async (t) => {
  const { call, clock, redeemed, alive, addClient, services } = await adminApi(t)
  await addClient({ clientId: 'app', apis: ['pets', 'constructor'] })
  const { access } = await redeemed()
  clock.advance(1000)
  t.is((await call('PATCH', '/oauth2/app', { body: { apis: ['pets', 'constructor', 'birds'] } })).status, 200)
  t.true(await alive(access))
  const principal = await services.accessTokens.find(access)
  t.deepEqual(principal?.apis, ['pets', 'constructor', 'birds'])
})
