import test from 'ava'
import { adminApi, entryOf } from '../_kit/admin-api.ts'
import { issuerApi } from '../_kit/issuer-api.ts'

const OF_ANN = '/api/apis/pets/users/ann/grants'

test('what a user has allowed is listed and withdrawn, at once or one by one; receivers hear why', async (t) => {
  const { call, redeemed, alive, events } = await adminApi(t)
  const held = [await redeemed(), await redeemed(), await redeemed()]
  const bob = await redeemed({ subject: 'bob' })
  const list = await call('GET', OF_ANN)
  const data = list.json['data'] as Readonly<Record<string, unknown>>[]
  t.is(data.length, 3)
  t.like(data[0], { api_id: 'pets', client_id: 'app', user: 'ann', scope: 'read write' })
  for (const { access, refresh } of held) t.false(list.text.includes(access) || list.text.includes(refresh))

  const [first] = data.map((grant) => String(grant['grant_id']))
  t.is((await call('DELETE', `/api/apis/pets/grants/${first}?reason=admin`)).status, 204)
  t.is(((await call('GET', OF_ANN)).json['data'] as unknown[]).length, 2)
  t.deepEqual((await call('DELETE', OF_ANN)).json, { revoked: 2 })
  for (const { access } of held) t.false(await alive(access))
  t.true(await alive(bob.access))
  const reasons = (await events()).flatMap((event) => (event.type === 'oauth.grant.revoked' ? [event.reason] : []))
  t.deepEqual(reasons.toSorted(), ['admin', 'user', 'user'])
})

test('a grant of another API, an unknown one, or a reason that does not exist is refused', async (t) => {
  const { call, redeemed, events } = await adminApi(t, {
    entries: (api) => [entryOf(api), entryOf(issuerApi(undefined, { id: 'birds', listenPath: '/birds' }))],
  })
  await redeemed()
  const [grant] = (await call('GET', OF_ANN)).json['data'] as Readonly<Record<string, unknown>>[]
  for (const path of [`/api/apis/birds/grants/${grant?.['grant_id']}`, '/api/apis/pets/grants/unknown']) {
    t.is((await call('DELETE', path)).status, 404)
  }
  t.is((await call('GET', '/api/apis/nowhere/users/ann/grants')).status, 404)
  t.is((await call('DELETE', `${OF_ANN}?reason=code_replay`)).status, 400)
  t.false((await events()).some(({ type }) => type === 'oauth.grant.revoked'))
})

test('a removed client: its grants and tokens end with an event each, then the client with one', async (t) => {
  const { call, redeemed, alive, events } = await adminApi(t)
  const { access } = await redeemed()
  t.is((await call('DELETE', '/api/apis/oauth/pets/app')).status, 204)
  t.false(await alive(access))
  const types = (await events()).map(({ type }) => type).filter((type) => type !== 'oauth.token.issued')
  t.deepEqual(types.toSorted(), ['oauth.client.deleted', 'oauth.grant.revoked', 'oauth.token.revoked'])
})

test('a client that loses an API: removed for the receivers there, its grants there end', async (t) => {
  const { call, redeemed, alive, addClient, events } = await adminApi(t)
  await addClient({ apis: ['pets', 'birds'] })
  const { access } = await redeemed()
  const body = { redirect_uris: ['https://app.test/cb'], apis: ['birds'] }
  t.is((await call('PUT', '/api/apis/oauth/birds/app', { body })).status, 200)
  t.false(await alive(access))
  const told = await events()
  const clients = told.flatMap((event) => ('clientType' in event ? [`${event.type} ${event.apis}`] : []))
  t.deepEqual(clients.toSorted(), ['oauth.client.deleted pets', 'oauth.client.updated birds'])
  t.true(told.some((event) => event.type === 'oauth.grant.revoked' && event.api === 'pets'))
})
