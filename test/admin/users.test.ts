import test from 'ava'
import { userKey } from '../../src/oauth/records/user.ts'
import { adminApi } from '../_kit/admin-api.ts'

const USERS = '/api/users'
const password = (username: string, text: string) => ({ grant_type: 'password', username, password: text })

test('a registered user can use the password grant; the password is kept as scrypt and never shown', async (t) => {
  const { call, token, store } = await adminApi(t)
  const made = await call('POST', USERS, { body: { username: 'ann', password: 'pässword' } })
  t.is(made.status, 201)
  t.is(made.headers['location'], '/api/users/ann')
  t.deepEqual(Object.keys(made.json), ['username', 'created_at', 'updated_at'])
  t.is((await token(password('ann', 'pässword'))).status, 200)
  t.is((await token(password('ann', 'password'))).json['error'], 'invalid_grant')
  const [entry] = await store.get([userKey('ann')])
  t.regex(entry?.value.password ?? '', /^scrypt:/)
  t.is((await call('GET', `${USERS}/ann`)).status, 200)
})

test('a name is registered once and may need escaping in its path', async (t) => {
  const { call } = await adminApi(t)
  const made = await call('POST', USERS, { body: 'username=J%C3%B6rg+M.%40home&password=x' })
  t.is(made.status, 201)
  t.is((await call('GET', String(made.headers['location']))).json['username'], 'Jörg M.@home')
  t.is((await call('POST', USERS, { body: { username: 'Jörg M.@home', password: 'y' } })).status, 409)
})

test('PUT sets a new password, the old one stops working', async (t) => {
  const { call, token } = await adminApi(t)
  await call('POST', USERS, { body: { username: 'ann', password: 'old' } })
  t.is((await call('PUT', `${USERS}/ann`, { body: { password: 'new' } })).status, 200)
  t.is((await token(password('ann', 'old'))).json['error'], 'invalid_grant')
  t.is((await token(password('ann', 'new'))).status, 200)
  t.is((await call('PUT', `${USERS}/ann`, { body: { username: 'bob', password: 'new' } })).status, 422)
  t.is((await call('PUT', `${USERS}/ann`, { body: {} })).status, 422)
  t.is((await call('PUT', `${USERS}/nobody`, { body: { password: 'new' } })).status, 404)
})

test('a removed user cannot log in and is not listed', async (t) => {
  const { call, token } = await adminApi(t)
  await call('POST', USERS, { body: { username: 'ann', password: 'pw' } })
  t.is((await call('DELETE', `${USERS}/ann`)).status, 204)
  t.is((await token(password('ann', 'pw'))).json['error'], 'invalid_grant')
  t.deepEqual((await call('GET', USERS)).json, { data: [] })
  t.is((await call('DELETE', `${USERS}/ann`)).status, 404)
  t.is((await call('GET', `${USERS}/ann`)).status, 404)
})

test('a removed user keeps nothing that the password got; what an identity server said stays', async (t) => {
  const { call, token, redeemed, alive } = await adminApi(t)
  await call('POST', USERS, { body: { username: 'ann', password: 'pw' } })
  const { access } = await redeemed()
  const granted = await token(password('ann', 'pw'))
  const byPassword = String(granted.json['access_token'])
  t.true(await alive(byPassword))
  t.is((await call('DELETE', `${USERS}/ann`)).status, 204)
  t.false(await alive(byPassword))
  const refresh = { grant_type: 'refresh_token', refresh_token: String(granted.json['refresh_token']) }
  t.is((await token(refresh)).json['error'], 'invalid_grant')
  t.true(await alive(access))
})

test('names that could not be told apart or sent on are refused', async (t) => {
  const { call } = await adminApi(t)
  for (const username of ['', ' ann', 'a:b', 'a/b', 'a\nb', 'x'.repeat(256), '\u202eann', 7, null]) {
    t.is((await call('POST', USERS, { body: { username, password: 'x' } })).status, 422, JSON.stringify(username))
  }
  t.is((await call('POST', USERS, { body: { username: 'ann' } })).status, 422)
  t.is((await call('POST', USERS, { body: { username: 'ann', password: '' } })).status, 422)
  t.is((await call('POST', USERS, { body: { username: 'ann', password: 'x', admin: true } })).status, 422)
})
