import test from 'ava'
import { adminApi } from '../_kit/admin-api.ts'
import { application, withConsumer } from '../_kit/with-consumer.ts'

type Entity = Readonly<Record<string, unknown>>

test('tokens of all applications are listed page by page, never with the token, and can be ended one by one', async (t) => {
  const { call, code, token, alive } = await withConsumer(t)
  const tokens: string[] = []
  for (const clientId of ['one', 'two']) {
    const { json } = await call('PUT', `/consumers/shop/oauth2/${clientId}`, { body: application })
    for (const _ of [1, 2]) {
      const form = {
        grant_type: 'authorization_code',
        code: await code({ clientId, codeChallenge: undefined, pkceRequired: false }),
        redirect_uri: 'https://app.test/cb',
      }
      tokens.push(String((await token(form, `${clientId}:${json['client_secret']}`)).json['access_token']))
    }
  }
  const listed: Entity[] = []
  let path: string | null = '/oauth2_tokens?size=1'
  while (path !== null) {
    const { json, text } = await call('GET', path)
    for (const secret of tokens) t.false(text.includes(secret))
    listed.push(...(json['data'] as Entity[]))
    path = json['next'] as string | null
  }
  t.is(listed.length, 4)
  t.deepEqual(new Set(listed.map((one) => one['client_id'])), new Set(['one', 'two']))
  t.is(listed[0]?.['authenticated_userid'], 'ann')
  t.is(listed[0]?.['token_type'], 'bearer')
  const { id } = listed[0] ?? {}
  t.deepEqual((await call('GET', `/oauth2_tokens/${id}`)).json, listed[0])
  t.is((await call('DELETE', `/oauth2_tokens/${id}`)).status, 204)
  t.is((await call('GET', `/oauth2_tokens/${id}`)).status, 404)
  t.is((await Promise.all(tokens.map(alive))).filter(Boolean).length, 3)
})

test('a page of tokens goes on with all tokens of the next application when the one it ended in is removed', async (t) => {
  const { call, code, token } = await withConsumer(t)
  for (const clientId of ['one', 'two', 'three']) {
    const { json } = await call('PUT', `/consumers/shop/oauth2/${clientId}`, { body: application })
    for (const _ of [1, 2, 3]) {
      const form = {
        grant_type: 'authorization_code',
        code: await code({ clientId, codeChallenge: undefined, pkceRequired: false }),
        redirect_uri: 'https://app.test/cb',
      }
      t.is((await token(form, `${clientId}:${json['client_secret']}`)).status, 200)
    }
  }
  const clientsOn = async (path: string) => {
    const { json } = await call('GET', path)
    const clients = (json['data'] as Entity[]).map((one) => one['client_id'])
    return { clients, next: String(json['next']) }
  }
  const first = await clientsOn('/oauth2_tokens?size=4')
  t.is(first.clients.length, 4)
  const [begun = '', other] = ['one', 'two', 'three'].filter((id) => !first.clients.slice(0, 3).includes(id))
  const ended = String(first.clients[3])
  const last = ended === begun ? other : begun
  t.is((await call('DELETE', `/oauth2/${ended}`)).status, 204)
  t.deepEqual((await clientsOn(first.next)).clients, [last, last, last])
})

test('a JWT may be named by itself as well', async (t) => {
  const { call, redeemed, alive, lines } = await adminApi(t, { settings: { accessTokenFormat: 'jwt' } })
  const { access } = await redeemed()
  t.regex(access, /^eyJ/)
  t.is((await call('DELETE', `/oauth2_tokens/${access}`)).status, 204)
  t.false(await alive(access))
  t.false(JSON.stringify(lines).includes(access))
})

test('a token may be named by itself, and still does not reach the log', async (t) => {
  const { call, redeemed, alive, lines } = await withConsumer(t)
  const { access } = await redeemed()
  t.is((await call('GET', `/oauth2_tokens/${access}`)).json['client_id'], 'app')
  t.is((await call('DELETE', `/oauth2_tokens/${access}`)).status, 204)
  t.false(await alive(access))
  t.is((await call('DELETE', `/oauth2_tokens/${access}`)).status, 204, 'idempotent')
  t.false(JSON.stringify(lines).includes(access))
  t.true(JSON.stringify(lines).includes('/oauth2_tokens/[token]'))
})
