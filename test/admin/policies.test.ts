import test from 'ava'
import { adminApi, entryOf } from '../_kit/admin-api.ts'

const GOLD = {
  id: 'gold',
  name: 'Gold',
  access: [{ api: 'pets', operations: ['listPets'] }],
  rate_limit: { rate: 100, per: '1m' },
  quota: [{ max: 10_000, per: 'month', by: 'user' }],
  scopes: ['read'],
  access_token_lifetime: '10m',
  refresh_token_lifetime: '7d',
  meta_data: { plan: 'gold' },
}

test('a policy is made, read, listed, replaced and removed as it was written', async (t) => {
  const { call } = await adminApi(t)
  const made = await call('POST', '/api/policies', { body: GOLD })
  t.is(made.status, 201, made.text)
  t.is(made.headers['location'], '/api/policies/gold')
  const view = {
    ...GOLD,
    active: true,
    rate_limit: [{ rate: 100, per: '1m', by: 'client' }],
    quota: [{ max: 10_000, per: 'month', by: 'user' }],
    source: 'api',
  }
  t.like((await call('GET', '/api/policies/gold')).json, view)
  t.is((await call('POST', '/api/policies', { body: GOLD })).status, 409)
  t.is((await call('PUT', '/api/policies/gold', { body: { name: 'Silver', active: false } })).status, 200)
  const after = (await call('GET', '/api/policies/gold')).json
  t.like(after, { name: 'Silver', active: false })
  t.false('access' in after, 'what is left out says nothing')
  t.is(((await call('GET', '/api/policies')).json['data'] as unknown[]).length, 1)
  t.is((await call('DELETE', '/api/policies/gold')).status, 204)
  t.is((await call('GET', '/api/policies/gold')).status, 404)
  t.is((await call('PUT', '/api/policies/gold', { body: GOLD })).status, 404)
})

test('what makes no sense is refused with the place where it stands', async (t) => {
  const { call } = await adminApi(t)
  const errors = async (body: object) => {
    const answer = await call('POST', '/api/policies', { body })
    t.is(answer.status, 422, answer.text)
    return (answer.json['errors'] as { readonly pointer: string }[]).map(({ pointer }) => pointer)
  }
  t.deepEqual(await errors({ rate_limits: [] }), ['/rate_limits'])
  t.deepEqual(await errors({ rate_limit: { rate: 0, per: '1m' } }), ['/rate_limit/rate'])
  t.deepEqual(await errors({ id: 'a b' }), ['/id'])
  t.deepEqual(await errors({ access: [{ api: 'pets', operations: [] }] }), ['/access/0/operations'])
  t.deepEqual(await errors({ access_token_lifetime: 'soon' }), ['/access_token_lifetime'])
  t.deepEqual(await errors({ quota: { max: 1, per: 'fortnight' } }), ['/quota/per'])
  const { text } = await call('POST', '/api/policies', { body: { quota: { max: 1, per: 'fortnight' } } })
  t.true(text.includes('or a duration such as'), text)
})

test('access to what does not exist is accepted, because it may come, and remarked upon, because it may be misspelt', async (t) => {
  const { call, api } = await adminApi(t, { entries: (own) => [entryOf(own)] })
  const body = { access: [{ api: 'fish' }, { api: api.id, operations: ['feedPets'], tags: ['x'] }] }
  const made = await call('POST', '/api/policies', { body })
  t.deepEqual(made.json['warnings'], [
    'access/0: there is no API "fish"',
    'access/1: no operation "feedPets"',
    'access/1: no operation has the tag "x"',
  ])
})

test('a client cannot be given a policy that does not exist', async (t) => {
  const { call } = await adminApi(t)
  const body = { redirect_uri: 'https://shop.test/cb', policies: ['gold', 'none'] }
  await call('POST', '/api/policies', { body: GOLD })
  const refused = await call('POST', '/api/apis/oauth/pets', { body })
  t.is(refused.status, 422)
  t.deepEqual(refused.json['errors'], [{ pointer: '/policies/1', message: 'there is no such policy' }])
  t.is((await call('POST', '/api/apis/oauth/pets', { body: { ...body, policies: ['gold'] } })).status, 201)
})
