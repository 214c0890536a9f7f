import test, { type ExecutionContext } from 'ava'
import { consumerTeller } from '../../src/gateway/credentials/named-consumer.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { adminCall } from '../_kit/admin-call.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const IDENTITY = /^x-(?:consumer|credential|authenticated|anonymous)/

/** An API whose operations take a token or a key, wherever they may stand, and hide them; others go on as `guest`. */
function shop(upstream: string, anonymous: object = { enabled: false }) {
  return {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: {},
    components: {
      securitySchemes: {
        oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/oauth2/token', scopes: { email: '' } } } },
        key: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
      },
    },
    'x-gateway': {
      server: {
        listenPath: { value: '/shop/' },
        authentication: {
          enabled: true,
          stripAuthorizationData: true,
          anonymous,
          securitySchemes: {
            oauth: {
              enabled: true,
              header: { name: 'X-Token' },
              query: { name: 'token' },
              cookie: { name: 'token' },
              scopes: { default: ['email'] },
            },
            key: {
              enabled: true,
              keys: [
                { consumer: 'reports', key: 'the-key' },
                { consumer: 'nobody', key: 'k2' },
              ],
            },
          },
        },
      },
      upstream: { url: upstream },
    },
  }
}

async function withShop(t: ExecutionContext, anonymous?: object) {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: { 'shop.json': shop(upstream.url, anonymous) } })
  const admin = (method: string, path: string, body?: object) => adminCall(gateway, method, path, body)
  const { json: consumer } = await admin('POST', '/consumers', { username: 'ann & co', custom_id: 'C1' })
  const { json: app } = await admin('POST', `/consumers/${consumer['id']}/oauth2`, { name: 'App' })
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: String(app['client_id']) })
  form.set('client_secret', String(app['client_secret']))
  const issued = await fetch(`${gateway.url}/shop/oauth2/token`, { method: 'POST', body: form })
  const { access_token } = (await issued.json()) as { access_token: string }
  const call = async (headers: Readonly<Record<string, string>>, path = '/shop/x') => {
    const { status } = await fetch(gateway.url + path, { headers })
    const seen = status === 200 ? upstream.last() : undefined
    const identity = Object.entries(seen?.headers ?? {}).filter(([name]) => IDENTITY.test(name))
    return { status, seen, identity: Object.fromEntries(identity) }
  }
  return { admin, consumer, app, token: access_token, call, gateway, upstream }
}

test('the upstream is told of consumer, application and scope, and no forged header says otherwise', async (t) => {
  const { call, token, consumer, app } = await withShop(t)
  const forged = {
    'X-Consumer-Id': 'forged',
    'X-Consumer-Username': 'forged',
    'X-Consumer-Groups': 'forged',
    X_Consumer_Custom_Id: 'forged',
    'X-Credential-Identifier': 'forged',
    'X-Authenticated-Userid': 'forged',
    'X-Anonymous-Consumer': 'true',
  }
  const { identity, seen } = await call({ 'X-Token': token, ...forged })
  t.deepEqual(identity, {
    'x-consumer-id': consumer['id'],
    'x-consumer-custom-id': 'C1',
    'x-consumer-username': 'ann & co',
    'x-credential-identifier': app['client_id'],
    'x-authenticated-scope': 'email',
  })
  t.false(JSON.stringify(seen?.rawHeaders).includes('forged'))
})

test('a credential is hidden from the upstream wherever it may stand', async (t) => {
  const { call, token } = await withShop(t)
  const hidden = async (headers: Readonly<Record<string, string>>, path?: string) => {
    const { status, seen } = await call(headers, path)
    t.is(status, 200)
    const all = JSON.stringify([seen?.path, seen?.rawHeaders])
    t.false(all.includes(token) || all.includes('the-key'), all)
    return seen
  }
  await hidden({ 'X-Token': token })
  await hidden({ 'X-Token': `Bearer ${token}` })
  t.is((await hidden({}, `/shop/x?a=1&token=${token}&b=2`))?.path, '/x?a=1&b=2')
  t.is((await hidden({ cookie: `a=1; token=${token}; b=2` }))?.headers.cookie, 'a=1; b=2')
  await hidden({ 'x-api-key': 'the-key' })
  await hidden({ 'x-api-key': 'the-key', 'X-Token': token })
  t.is((await call({ authorization: `Bearer ${token}` })).status, 401, 'the custom header is the only one looked at')
})

test('the holder of an API key is a registered consumer where there is one of that name', async (t) => {
  const { call, admin } = await withShop(t)
  const reports = await admin('POST', '/consumers', { username: 'reports', custom_id: 'R' })
  t.deepEqual((await call({ 'x-api-key': 'the-key' })).identity, {
    'x-consumer-id': reports.json['id'],
    'x-consumer-custom-id': 'R',
    'x-consumer-username': 'reports',
  })
  t.deepEqual((await call({ 'x-api-key': 'k2' })).identity, {
    'x-consumer-id': 'nobody',
    'x-consumer-username': 'nobody',
  })
})

test('failed and missing credentials go on as the anonymous consumer, named by username', async (t) => {
  const { call, admin, token } = await withShop(t, { enabled: true, consumer: 'guest' })
  const guest = await admin('POST', '/consumers', { username: 'guest' })
  for (const headers of [{}, { 'X-Token': 'wrong' }, { 'x-api-key': 'wrong' }]) {
    t.deepEqual((await call(headers)).identity, {
      'x-consumer-id': guest.json['id'],
      'x-consumer-username': 'guest',
      'x-anonymous-consumer': 'true',
    })
  }
  t.is((await call({ 'X-Token': token })).identity['x-anonymous-consumer'], undefined)
  await admin('PATCH', '/consumers/guest', { custom_id: 'G' })
  t.is((await call({})).identity['x-consumer-custom-id'], 'G', 'a change reaches the next request')
})

test('the anonymous consumer may be named by its id, and one that is not registered is no error', async (t) => {
  const id = '0b6f9c1e-54a2-4c7c-9d0f-3d5e4f6a7b8c'
  const { call, admin } = await withShop(t, { enabled: true, consumer: id })
  t.deepEqual((await call({})).identity, {
    'x-consumer-id': id,
    'x-consumer-username': id,
    'x-anonymous-consumer': 'true',
  })
  await admin('PUT', `/consumers/${id}`, { username: 'visitor' })
  t.deepEqual((await call({})).identity, {
    'x-consumer-id': id,
    'x-consumer-username': 'visitor',
    'x-anonymous-consumer': 'true',
  })
})

test('while the store does not answer, a consumer named by a document is told as last known', async (t) => {
  let answer: () => Promise<{ id: string } | undefined> = async () => ({ id: 'c1' })
  const tell = consumerTeller(() => answer())
  const named = { named: 'guest', consumer: { id: 'guest' }, scope: new Set<string>(), policies: [], metadata: {} }
  t.is((await tell(named)).consumer?.id, 'c1')
  t.is(await tell(named), await tell(named), 'the same principal, so that its headers are made once')
  answer = () => Promise.reject(new StoreUnavailable('away'))
  t.is((await tell(named)).consumer?.id, 'c1')
  answer = async () => undefined
  t.is((await tell(named)).consumer?.id, 'guest')
})
