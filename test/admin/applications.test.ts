import test from 'ava'
import { removeConsumer } from '../../src/oauth/consumers/consumer-commit.ts'
import { consumerKey } from '../../src/oauth/records/consumer.ts'
import { application, withConsumer } from '../_kit/with-consumer.ts'

type Entity = Readonly<Record<string, unknown>>

test('an application gets a client id and a secret, which is shown once, and is a client of every API that issues tokens', async (t) => {
  const { call, token } = await withConsumer(t)
  const made = await call('POST', '/consumers/shop/oauth2', { body: application })
  t.is(made.status, 201)
  const { client_id, client_secret } = made.json as Record<string, string>
  t.is(made.json['hash_secret'], true)
  t.is(made.json['client_type'], 'confidential')
  t.is((made.json['consumer'] as Entity)['id'], (await call('GET', '/consumers/shop')).json['id'])
  t.true((made.json['apis'] as string[]).includes('pets'))
  const { client_secret: _, ...shown } = made.json
  for (const path of [
    `/consumers/shop/oauth2/${client_id}`,
    `/consumers/shop/oauth2/${made.json['id']}`,
    `/oauth2/${client_id}`,
  ]) {
    t.deepEqual((await call('GET', path)).json, shown)
  }
  const client = await call('GET', `/api/apis/oauth/pets/${client_id}`)
  t.is(client.json['name'], 'Shoe Fly Shoe')
  const issued = await token({ grant_type: 'refresh_token', refresh_token: 'x' }, `${client_id}:${client_secret}`)
  t.is(issued.json['error'], 'invalid_grant', 'the client is authenticated')
})

test('faults of an application stand at their fields, of lists at their positions', async (t) => {
  const { call } = await withConsumer(t)
  const faults = async (body: object | string) => {
    const { status, json } = await call('POST', '/consumers/shop/oauth2', { body })
    t.is(status, 400)
    return json['fields']
  }
  t.deepEqual(await faults({}), { name: 'required field missing' })
  t.deepEqual(
    await faults({ ...application, redirect_uris: ['https://a.example/', 'not a uri', 'https://a.example/#x'] }),
    {
      redirect_uris: [
        null,
        'a redirect URI must be an absolute URI of the characters that RFC 3986 allows',
        'a redirect URI must not have a fragment',
      ],
    },
  )
  t.deepEqual(await faults({ ...application, client_type: 'secret' }), {
    client_type: 'expected one of: confidential, public',
  })
  t.deepEqual(await faults({ ...application, client_type: 'public', client_secret: 'x' }), {
    client_secret: 'a public client has no secret',
  })
  t.deepEqual(await faults({ ...application, apis: ['pets', 'nowhere'] }), { apis: [null, 'there is no such API'] })
  t.deepEqual(await faults({ ...application, policies: ['none'] }), { policies: ['there is no such policy'] })
  t.deepEqual(await faults('redirect_uris[]=https://a.example/%23x'), {
    name: 'required field missing',
    redirect_uris: ['a redirect URI must not have a fragment'],
  })
  t.is((await call('POST', '/consumers/nobody/oauth2', { body: application })).status, 404)
  t.deepEqual(
    (await call('POST', '/oauth2', { body: { ...application, consumer: { username: 'nobody' } } })).json['fields'],
    {
      consumer: { username: 'there is no such consumer' },
    },
  )
})

test('a client id belongs to one application, and a consumer does not see those of another', async (t) => {
  const { call } = await withConsumer(t)
  await call('POST', '/consumers', { body: { username: 'other' } })
  const body = { ...application, client_id: 'SOME-ID', client_secret: 'SOME-SECRET' }
  t.is((await call('POST', '/consumers/shop/oauth2', { body })).status, 201)
  const taken = await call('POST', '/consumers/other/oauth2', { body })
  t.is(taken.status, 409)
  t.deepEqual(taken.json['fields'], { client_id: 'SOME-ID' })
  t.is((await call('PUT', '/consumers/other/oauth2/SOME-ID', { body: application })).status, 409)
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    t.is((await call(method, '/consumers/other/oauth2/SOME-ID', { body: {} })).status, 404, method)
  }
})

test('PUT and PATCH change an application in place: tokens and, unless a new one is named, the secret stay', async (t) => {
  const { call, token, services } = await withConsumer(t)
  const chosen = { name: 'A', client_secret: 'chosen-by-me-1', redirect_uris: ['https://a.example/cb'] }
  const put = await call('PUT', '/consumers/shop/oauth2/app-a', { body: { ...chosen, scopes: ['read'] } })
  t.is(put.status, 200)
  t.is(put.json['client_id'], 'app-a')
  const knows = async (secret: string) =>
    (await token({ grant_type: 'refresh_token', refresh_token: 'x' }, `app-a:${secret}`)).json['error'] ===
    'invalid_grant'
  t.true(await knows('chosen-by-me-1'))
  const patched = await call('PATCH', '/oauth2/app-a', { body: { tags: ['t'], name: 'B' } })
  t.is(patched.status, 200)
  t.is(patched.json['client_secret'], undefined)
  t.deepEqual(patched.json['scopes'], ['read'], 'what is not named stays')
  t.deepEqual((await call('PATCH', '/oauth2/app-a', { body: { scopes: null } })).json['scopes'], null)
  t.is((await call('PATCH', '/oauth2/app-a', { body: { meta_data: { team: 'a' } } })).status, 200)
  t.deepEqual((await call('PATCH', '/oauth2/app-a', { body: { meta_data: null } })).json['meta_data'], {})
  t.true(await knows('chosen-by-me-1'))
  await call('PATCH', '/oauth2/app-a', { body: { client_secret: 'chosen-by-me-2' } })
  t.false(await knows('chosen-by-me-1'))
  t.true(await knows('chosen-by-me-2'))
  t.is((await call('PATCH', '/oauth2/app-a', { body: { client_type: 'public' } })).status, 400)
  t.is((await call('PATCH', '/oauth2/app-a', { body: { client_id: 'b' } })).status, 400)
  const { clientId, createdAt } = (await services.clients.find('app-a')) ?? {}
  t.is(clientId, 'app-a')
  t.truthy(createdAt)
})

test('clients registered under an API are applications too, and can be given to a consumer', async (t) => {
  const { call } = await withConsumer(t)
  await call('POST', '/api/apis/oauth/pets', { body: { client_id: 'plain' } })
  t.is((await call('GET', '/oauth2/plain')).json['consumer'], null)
  t.is((await call('GET', '/oauth2?client_id=plain')).json['next'], null)
  t.deepEqual(((await call('GET', '/oauth2?client_id=plain')).json['data'] as Entity[]).length, 1)
  t.is((await call('PATCH', '/oauth2/plain', { body: { consumer: { username: 'shop' } } })).status, 200)
  t.deepEqual(((await call('GET', '/consumers/shop/oauth2')).json['data'] as Entity[]).length, 1)
  await call('PUT', '/api/apis/oauth/pets/plain', { body: { name: 'renamed' } })
  t.truthy((await call('GET', '/oauth2/plain')).json['consumer'], 'the other calls leave it with its consumer')
})

test('what the other calls say of a client stays when it is changed as an application', async (t) => {
  const { call, addClient, services } = await withConsumer(t)
  const keys = [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }]
  const lifetimes = { accessToken: 60_000 }
  await addClient({
    clientId: 'keyed',
    secrets: [],
    authMethod: 'private_key_jwt',
    jwks: { keys },
    lifetimes,
    notBefore: 5,
  })
  t.is((await call('PATCH', '/oauth2/keyed', { body: { name: 'Keyed', consumer: { username: 'shop' } } })).status, 200)
  const client = await services.clients.find('keyed')
  t.is(client?.name, 'Keyed')
  t.is(client?.consumer?.username, 'shop')
  t.deepEqual(client?.jwks, { keys })
  t.deepEqual(client?.lifetimes, lifetimes)
  t.is(client?.notBefore, 5)
  t.is((await call('PATCH', '/oauth2/keyed', { body: { client_secret: 'x' } })).status, 400)
})

test('PATCH asks nothing of what it does not name: an API or a policy that has gone stays as it was', async (t) => {
  const { call, addClient } = await withConsumer(t)
  await call('POST', '/api/policies', { body: { id: 'gold' } })
  await addClient({ clientId: 'left', name: 'Left', apis: ['pets', 'gone'], policies: ['gold'] })
  await call('DELETE', '/api/policies/gold')
  const patched = await call('PATCH', '/oauth2/left', { body: { name: 'Kept' } })
  t.is(patched.status, 200, patched.text)
  t.like(patched.json, { name: 'Kept', apis: ['pets', 'gone'], policies: ['gold'] })
  const fields = async (body: object) => (await call('PATCH', '/oauth2/left', { body })).json['fields']
  t.deepEqual(await fields({ apis: ['gone', 'nowhere'] }), { apis: [null, 'there is no such API'] })
  t.deepEqual(await fields({ policies: ['gold', 'none'] }), { policies: [null, 'there is no such policy'] })
})

test('an application that names its APIs can be used at no other', async (t) => {
  const { call, token } = await withConsumer(t)
  const made = await call('POST', '/consumers/shop/oauth2', { body: { ...application, apis: ['birds'] } })
  const { client_id, client_secret } = made.json as Record<string, string>
  t.is((await token({ grant_type: 'password' }, `${client_id}:${client_secret}`)).json['error'], 'invalid_client')
})

test('the upstream learns of a consumer by its token; without the consumer, nothing of its applications is good', async (t) => {
  const { call, token, services, code } = await withConsumer(t)
  const made = await call('POST', '/consumers/shop/oauth2', { body: application })
  const { client_id: clientId = '', client_secret: secret } = made.json as Record<string, string>
  const form = {
    grant_type: 'authorization_code',
    code: await code({ clientId, codeChallenge: undefined, pkceRequired: false }),
    redirect_uri: 'https://app.test/cb',
  }
  const issued = await token(form, `${clientId}:${secret}`)
  const access = String(issued.json['access_token'])
  const { id } = (await call('GET', '/consumers/shop')).json
  t.deepEqual((await services.accessTokens.find(access))?.consumer, { id, customId: 'S1', username: 'shop' })
  await call('PATCH', '/consumers/shop', { body: { username: 'store' } })
  t.is((await services.accessTokens.find(access))?.consumer?.username, 'store', 'at once')

  t.is((await call('DELETE', '/consumers/store')).status, 204)
  t.is(await services.accessTokens.find(access), undefined)
  t.is((await call('GET', `/oauth2/${clientId}`)).status, 404, 'its applications are gone')
  t.is((await token({ grant_type: 'password' }, `${clientId}:${secret}`)).json['error'], 'invalid_client')
})

test('a consumer that was removed half is removed: its applications are dead, and asking again removes them too', async (t) => {
  const { call, token, services } = await withConsumer(t)
  const made = await call('POST', '/consumers/shop/oauth2', { body: application })
  const { client_id, client_secret } = made.json as Record<string, string>
  const { id } = (await call('GET', '/consumers/shop')).json as Record<string, string>
  const [entry] = await services.store.get([consumerKey(id ?? '')])
  if (!entry) throw new Error('there is no consumer')
  await services.store.commit(removeConsumer(entry, services.clock.now())) // and then the process was killed
  t.is((await token({ grant_type: 'password' }, `${client_id}:${client_secret}`)).json['error'], 'invalid_client')
  t.is((await call('GET', `/oauth2/${client_id}`)).status, 200)
  t.is((await call('DELETE', `/consumers/${id}`)).status, 204)
  t.is((await call('GET', `/oauth2/${client_id}`)).status, 404)
})

test('DELETE of an application is 404 when there is none', async (t) => {
  const { call } = await withConsumer(t)
  await call('PUT', '/consumers/shop/oauth2/a', { body: application })
  t.is((await call('DELETE', '/consumers/shop/oauth2/a')).status, 204)
  t.is((await call('DELETE', '/consumers/shop/oauth2/a')).status, 404)
  t.is((await call('DELETE', '/oauth2/a')).status, 404)
})

test('a client id that is the id of another application hides it from nobody', async (t) => {
  const { call } = await withConsumer(t)
  const { json: first } = await call('POST', '/consumers/shop/oauth2', { body: application })
  const id = String(first['id'])
  const { json: second } = await call('POST', '/consumers/shop/oauth2', { body: { name: 'Other', client_id: id } })
  t.is((await call('GET', `/oauth2/${id}`)).json['client_id'], first['client_id'])
  t.is((await call('GET', `/oauth2/${second['id']}`)).json['name'], 'Other')
  await call('DELETE', `/oauth2/${id}`)
  t.is((await call('GET', `/oauth2/${first['client_id']}`)).status, 404)
  t.is((await call('GET', `/oauth2/${second['id']}`)).status, 200)
})
