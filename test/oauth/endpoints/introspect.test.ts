import test from 'ava'
import { StoreUnavailable } from '../../../src/store/store.ts'
import { type BackChannel, backChannel, SECRET, tokensOf } from '../../_kit/back-channel.ts'

const INACTIVE = { active: false }
const ask = (channel: BackChannel, token: string, basic?: string) => channel.post('/oauth/introspect', { token }, basic)

test('RFC 7662 §2.2: a live access token is described', async (t) => {
  const channel = await backChannel(t)
  const { access } = await channel.redeemed()
  const iat = Math.floor(channel.clock.now() / 1000)
  const { json } = await ask(channel, access)
  t.like(json, {
    active: true,
    scope: 'read write',
    client_id: 'app',
    sub: 'ann',
    username: 'ann',
    token_type: 'bearer',
    iat,
    aud: 'http://gateway.test/pets',
    iss: 'http://gateway.test/pets',
  })
  t.true(Math.abs(Number(json['exp']) - iat - 3600) <= 1)
  t.is(typeof json['jti'], 'string')
})

test('a token of a client that acts for itself has no subject', async (t) => {
  const channel = await backChannel(t)
  const { access } = tokensOf(await channel.token({ grant_type: 'client_credentials' }))
  const { json } = await ask(channel, access)
  t.true(json['active'])
  t.false('sub' in json)
})

test('a refresh token is active until it was used or its family ended', async (t) => {
  const channel = await backChannel(t)
  const first = await channel.redeemed()
  t.like((await ask(channel, first.refresh)).json, { active: true, sub: 'ann', scope: 'read write' })
  const second = tokensOf(await channel.refresh(first.refresh))
  t.deepEqual((await ask(channel, first.refresh)).json, INACTIVE)
  t.true((await ask(channel, second.refresh)).json['active'])
  await channel.clock.advance(14 * 24 * 60 * 60_000)
  t.deepEqual((await ask(channel, second.refresh)).json, INACTIVE)
})

test('whatever is not good is inactive and nothing else', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  const code = await channel.code()
  await channel.post('/oauth/revoke', { token: refresh })
  for (const token of [access, refresh, code, 'x', 'grt_']) t.deepEqual((await ask(channel, token)).json, INACTIVE)
})

test('a token of another API is inactive', async (t) => {
  const channel = await backChannel(t, { client: { apis: ['pets', 'birds'] } })
  const { access, refresh } = await channel.redeemed()
  const birds = await backChannel(t, {
    api: { id: 'birds' },
    client: { apis: ['birds'] },
    services: channel.services,
  })
  t.deepEqual((await ask(birds, access)).json, INACTIVE)
  t.deepEqual((await ask(birds, refresh)).json, INACTIVE)
})

test('only confidential clients of the API may ask', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'spa', type: 'public', secrets: [] })
  await channel.addClient({ clientId: 'foreign', apis: ['birds'] })
  const { access } = await channel.redeemed()
  const asSpa = await channel.post('/oauth/introspect', { token: access, client_id: 'spa' }, '')
  t.is(asSpa.json['error'], 'unauthorized_client')
  t.is((await ask(channel, access, `foreign:${SECRET}`)).status, 401)
  t.is((await ask(channel, access, '')).status, 401)
  t.is((await channel.post('/oauth/introspect', {})).json['error'], 'invalid_request')
})

test('another confidential client of the API, such as a resource server, may ask', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'resource-server' })
  const { access } = await channel.redeemed()
  t.true((await ask(channel, access, `resource-server:${SECRET}`)).json['active'])
})

test('a store that does not answer is 503, never inactive', async (t) => {
  let down = false
  const channel = await backChannel(t, {
    wrap: (store) => ({
      ...store,
      get(keys) {
        if (down) throw new StoreUnavailable('down')
        return store.get(keys)
      },
    }),
  })
  const { access, refresh } = await channel.redeemed()
  down = true
  for (const token of [access, refresh]) t.is((await ask(channel, token)).status, 503)
})
