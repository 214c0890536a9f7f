import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { silentLog } from '../../src/core/log.ts'
import { grantsOfPassword } from '../../src/oauth/records/grant.ts'
import { userKey } from '../../src/oauth/records/user.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { openRedisStore } from '../../src/store/redis.ts'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { adminApi } from '../_kit/admin-api.ts'
import type { HandClock } from '../_kit/clock.ts'
import { type RedisServer, startRedis } from '../_kit/redis.ts'

let redis: RedisServer | undefined
test.before(async () => {
  redis = await startRedis()
})
test.after.always(() => redis?.stop())

const STORES: Readonly<Record<string, (t: ExecutionContext) => (clock: HandClock) => Store | Promise<Store>>> = {
  memory: () => (clock) => openMemoryStore({ clock }),
  sqlite: (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-users-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    return (clock) => openSqliteStore({ path: join(folder, 'db'), clock, log: silentLog })
  },
  redis: () => (clock) => openRedisStore({ url: String(redis?.url), clock, log: silentLog }),
}

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

for (const [what, again] of Object.entries({
  removed: undefined,
  'removed and registered again': { username: 'ann', password: 'pw' },
})) {
  test(`a user that is ${what} while the password is checked gets nothing that lives`, async (t) => {
    let meanwhile: (() => Promise<void>) | undefined
    const { id } = userKey('ann')
    const { call, token, clock, events, services } = await adminApi(t, {
      wrap: (store) => ({
        ...store,
        async get(keys) {
          const entries = await store.get(keys)
          const act = keys.some((key) => key.id === id) ? meanwhile : undefined
          if (act) meanwhile = undefined
          await act?.()
          return entries
        },
      }),
    })
    await call('POST', USERS, { body: { username: 'ann', password: 'pw' } })
    meanwhile = async () => {
      clock.advance(1000)
      t.is((await call('DELETE', `${USERS}/ann`)).status, 204)
      if (again) t.is((await call('POST', USERS, { body: again })).status, 201)
    }
    t.is((await token(password('ann', 'pw'))).json['error'], 'invalid_grant')
    t.deepEqual((await events()).map(({ type }) => type).toSorted(), [
      'oauth.grant.revoked',
      'oauth.token.issued',
      'oauth.token.revoked',
    ])
    const { members } = await services.store.list(grantsOfPassword('ann'), { limit: 10 })
    t.deepEqual(members, [])
    t.is((await token(password('ann', 'pw'))).status, again ? 200 : 400)
  })
}

for (const [name, openStore] of Object.entries(STORES)) {
  test(`${name}: a removed user keeps nothing at an API whose document is away just then`, async (t) => {
    const { call, token, alive } = await adminApi(t, { entries: () => [], openStore: openStore(t) })
    await call('POST', USERS, { body: { username: 'ann', password: 'pw' } })
    await call('POST', USERS, { body: { username: 'bob', password: 'pw' } })
    const granted = (await token(password('ann', 'pw'))).json
    const others = (await token(password('bob', 'pw'))).json
    const refreshed = await token({ grant_type: 'refresh_token', refresh_token: String(granted['refresh_token']) })
    t.is((await call('DELETE', `${USERS}/ann`)).status, 204)
    t.false(await alive(String(refreshed.json['access_token'])))
    const refresh = { grant_type: 'refresh_token', refresh_token: String(refreshed.json['refresh_token']) }
    t.is((await token(refresh)).json['error'], 'invalid_grant')
    t.true(await alive(String(others['access_token'])))
  })
}

test('what a user got before there was a list by user ends where the API is served', async (t) => {
  const { call, token, alive, store } = await adminApi(t)
  await call('POST', USERS, { body: { username: 'ann', password: 'pw' } })
  const access = String((await token(password('ann', 'pw'))).json['access_token'])
  const index = grantsOfPassword('ann')
  const { members } = await store.list(index, { limit: 10 })
  t.is(members.length, 1)
  const writes = members.map(({ member }) => ({ op: 'unindex', index, member }) as const)
  await store.commit({ partition: 0, writes })
  t.is((await call('DELETE', `${USERS}/ann`)).status, 204)
  t.false(await alive(access))
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
