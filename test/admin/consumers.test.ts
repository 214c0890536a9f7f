import test from 'ava'
import { adminApi } from '../_kit/admin-api.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('a consumer is created from a form or from JSON, and found by its id and its username', async (t) => {
  const { call } = await adminApi(t)
  const made = await call('POST', '/consumers', { body: 'username=shoeflyshoe&custom_id=SFS1&tags[]=shop&tags[]=gold' })
  t.is(made.status, 201)
  t.regex(String(made.json['id']), UUID)
  t.is(made.json['username'], 'shoeflyshoe')
  t.is(made.json['custom_id'], 'SFS1')
  t.deepEqual(made.json['tags'], ['shop', 'gold'])
  t.true(Number.isInteger(made.json['created_at']))
  for (const reference of ['shoeflyshoe', made.json['id']]) {
    t.deepEqual((await call('GET', `/consumers/${reference}`)).json, made.json)
  }
  const other = await call('POST', '/consumers', { body: { custom_id: 'x' } })
  t.is(other.json['username'], null)
  t.is(other.json['tags'], null)
})

test('every fault of a consumer is named at its field', async (t) => {
  const { call } = await adminApi(t)
  const faults = async (body: object) => {
    const { status, json } = await call('POST', '/consumers', { body })
    t.is(status, 400)
    t.is(json['code'], 2)
    t.is(json['name'], 'schema violation')
    t.is(json['message'], json['detail'])
    return json['fields']
  }
  t.deepEqual(await faults({}), {
    '@entity': ["at least one of these fields must be non-empty: 'custom_id', 'username'"],
  })
  t.deepEqual(await faults({ username: '' }), { username: 'length must be at least 1' })
  t.deepEqual(await faults({ username: 'a\nb' }), { username: 'no control characters' })
  t.deepEqual(await faults({ username: 'b5b8e7a2-6e1b-4d5e-9a43-9b8a6e0a2d11' }), {
    username: 'must not have the form of an id',
  })
  t.deepEqual(await faults({ user_name: 'a', username: 'a' }), {
    user_name: 'unknown field, did you mean "username"?',
  })
  t.deepEqual(await faults({ username: 'a', tags: ['ok', 'a,b'] }), {
    tags: [null, 'no control characters, commas or slashes'],
  })
})

test('a username and a custom id belong to one consumer, and are free again when it lets go of them', async (t) => {
  const { call } = await adminApi(t)
  await call('POST', '/consumers', { body: { username: 'ann', custom_id: '7' } })
  for (const [field, value] of [
    ['username', 'ann'],
    ['custom_id', '7'],
  ] as const) {
    const taken = await call('POST', '/consumers', { body: { [field]: value } })
    t.is(taken.status, 409)
    t.is(taken.json['code'], 5)
    t.deepEqual(taken.json['fields'], { [field]: value })
    t.is(taken.json['message'], `UNIQUE violation detected on '{${field}="${value}"}'`)
  }
  t.is((await call('PATCH', '/consumers/ann', { body: { username: 'anna' } })).status, 200)
  t.is((await call('GET', '/consumers/ann')).status, 404)
  t.is((await call('POST', '/consumers', { body: { username: 'ann' } })).status, 201)
  const many = await Promise.all(
    Array.from({ length: 10 }, () => call('POST', '/consumers', { body: { username: 'bob' } })),
  )
  t.deepEqual(many.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)])
})

test('PUT creates or replaces, PATCH changes what it names, null takes a field away, DELETE is idempotent', async (t) => {
  const { call } = await adminApi(t)
  const put = await call('PUT', '/consumers/carl', { body: { custom_id: 'c', tags: ['x'] } })
  t.is(put.status, 200)
  t.is(put.json['username'], 'carl')
  const again = await call('PUT', '/consumers/carl', { body: { custom_id: 'c2' } })
  t.is(again.json['id'], put.json['id'])
  t.is(again.json['tags'], null, 'PUT replaces the whole')
  const patched = await call('PATCH', '/consumers/carl', { body: { tags: ['y'] } })
  t.is(patched.json['custom_id'], 'c2')
  t.is((await call('PATCH', '/consumers/carl', { body: { custom_id: null } })).json['custom_id'], null)
  t.is((await call('PATCH', '/consumers/carl', { body: { username: null } })).status, 400)
  t.is((await call('PATCH', '/consumers/nobody', { body: { tags: [] } })).status, 404)
  for (const _ of [1, 2]) t.is((await call('DELETE', '/consumers/carl')).status, 204)
  t.is((await call('GET', '/consumers/carl')).status, 404)
})

test('lists are paged: next is the path of the next page, and null at the end; tags filter', async (t) => {
  const { call } = await adminApi(t)
  for (let index = 0; index < 5; index++) {
    await call('POST', '/consumers', {
      body: { username: `c${index}`, tags: index % 2 === 0 ? ['even'] : ['odd', 'x'] },
    })
  }
  const seen: unknown[] = []
  let path: string | null = '/consumers?size=2'
  while (path !== null) {
    const { json } = await call('GET', path)
    const data = json['data'] as { username: string }[]
    t.true(data.length <= 2)
    seen.push(...data.map(({ username }) => username))
    path = json['next'] as string | null
  }
  t.deepEqual(seen, ['c0', 'c1', 'c2', 'c3', 'c4'])
  const names = async (query: string) =>
    ((await call('GET', `/consumers?${query}`)).json['data'] as { username: string }[]).map(({ username }) => username)
  t.deepEqual(await names('tags=odd,x'), ['c1', 'c3'])
  t.deepEqual(await names('tags=even,x'), [])
  t.deepEqual(await names('tags=even/x'), ['c0', 'c1', 'c2', 'c3', 'c4'])
  t.deepEqual(await names('tags=even&size=2'), ['c0', 'c2'])
  t.is((await call('GET', '/consumers?size=0')).status, 400)
})
