import test from 'ava'
import { adminApi } from '../_kit/admin-api.ts'

const TOKENS = '/api/apis/oauth/pets/app/tokens'

test('live tokens are listed by their public names, never as tokens', async (t) => {
  const { call, redeemed, clock } = await adminApi(t)
  const first = await redeemed()
  await clock.advance(1000)
  const second = await redeemed()
  const list = await call('GET', TOKENS)
  const data = list.json['data'] as Readonly<Record<string, unknown>>[]
  t.is(data.length, 2)
  t.deepEqual(Object.keys(data[0] ?? {}), [
    'token_id',
    'api_id',
    'grant_type',
    'scope',
    'user',
    'grant_id',
    'issued_at',
    'expires_at',
  ])
  t.is(data[0]?.['user'], 'ann')
  for (const token of [first.access, first.refresh, second.access, second.refresh]) t.false(list.text.includes(token))
  const page = await call('GET', `${TOKENS}?limit=1`)
  t.is((page.json['data'] as unknown[]).length, 1)
  t.is(typeof page.json['next'], 'string')
  await clock.advance(3_600_000)
  t.deepEqual((await call('GET', TOKENS)).json['data'], [])
})

test('RFC 7009: an access token or a refresh token is revoked by the operator, with or without slash and hint', async (t) => {
  const { call, redeemed, alive, refresh } = await adminApi(t)
  const one = await redeemed()
  const form = `token=${one.access}&token_type_hint=access_token&client_id=my-client-id&client_secret=my-client-secret`
  t.is((await call('POST', '/api/apis/oauth/app/revoke/', { body: form })).status, 200)
  t.false(await alive(one.access))
  const two = await redeemed()
  t.is(
    (await call('POST', '/api/apis/oauth/app/revoke', { body: `token=${two.refresh}&token_type_hint=access_token` }))
      .status,
    200,
  )
  t.false(await alive(two.access))
  t.is((await refresh(two.refresh)).json['error'], 'invalid_grant')
})

test('RFC 7009 §2.2: an unknown token is 200; a token of another client is left alone', async (t) => {
  const { call, redeemed, alive, addClient } = await adminApi(t)
  await addClient({ clientId: 'other' })
  const { access } = await redeemed()
  t.is((await call('POST', '/api/apis/oauth/app/revoke', { body: 'token=garbage' })).status, 200)
  t.is((await call('POST', '/api/apis/oauth/other/revoke', { body: `token=${access}` })).status, 200)
  t.true(await alive(access))
  t.is((await call('POST', '/api/apis/oauth/app/revoke', { body: 'token_type_hint=access_token' })).status, 422)
  t.is((await call('POST', '/api/apis/oauth/nobody/revoke', { body: `token=${access}` })).status, 404)
})

test('revoke_all ends everything of a client, and nothing that it gets afterwards', async (t) => {
  const { call, redeemed, alive, refresh, clock, lines } = await adminApi(t)
  const before = [await redeemed(), await redeemed()]
  t.is((await call('POST', '/api/apis/oauth/app/revoke_all')).status, 200)
  for (const { access, refresh: refreshToken } of before) {
    t.false(await alive(access))
    t.is((await refresh(refreshToken)).json['error'], 'invalid_grant')
  }
  t.deepEqual((await call('GET', TOKENS)).json['data'], [])
  await clock.advance(1)
  t.true(await alive((await redeemed()).access))
  t.false(before.some(({ access }) => JSON.stringify(lines).includes(access)))
})

test('under an API stand only the tokens for that API', async (t) => {
  const { call, redeemed, addClient } = await adminApi(t)
  await addClient({ apis: ['pets', 'birds'] })
  await redeemed()
  t.is(((await call('GET', TOKENS)).json['data'] as unknown[]).length, 1)
  t.deepEqual((await call('GET', '/api/apis/oauth/birds/app/tokens')).json['data'], [])
})
