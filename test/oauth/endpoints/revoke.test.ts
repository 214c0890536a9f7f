import test from 'ava'
import { pooledRandom } from '../../../src/core/random.ts'
import { mintToken, newGrantId } from '../../../src/oauth/tokens/token-format.ts'
import { backChannel, SECRET, tokensOf } from '../../_kit/back-channel.ts'

const REVOKE = '/oauth/revoke'

test('RFC 7009 §2.1: a client revokes an access token; the refresh token goes on', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  t.true(await channel.alive(access))
  const answer = await channel.post(REVOKE, { token: access })
  t.is(answer.status, 200)
  t.is(answer.headers['cache-control'], 'no-store')
  t.false(await channel.alive(access))
  t.is((await channel.refresh(refresh)).status, 200)
  t.true((await channel.events()).some(({ type }) => type === 'oauth.token.revoked'))
})

test('revoking a refresh token ends its family, also with one that was used already', async (t) => {
  for (const which of ['first', 'second'] as const) {
    const channel = await backChannel(t)
    const first = await channel.redeemed()
    const second = tokensOf(await channel.refresh(first.refresh))
    const token = which === 'first' ? first.refresh : second.refresh
    t.is((await channel.post(REVOKE, { token })).status, 200)
    t.false(await channel.alive(second.access))
    t.is((await channel.refresh(second.refresh)).json['error'], 'invalid_grant')
    t.like(
      (await channel.events()).find(({ type }) => type === 'oauth.grant.revoked'),
      { reason: 'client' },
    )
  }
})

test('a grant without refresh token ends with its access token', async (t) => {
  const channel = await backChannel(t, { settings: { refreshToken: false } })
  const { access } = await channel.redeemed()
  await channel.post(REVOKE, { token: access })
  t.false(await channel.alive(access))
  t.true((await channel.events()).some(({ type }) => type === 'oauth.grant.revoked'))
})

test('a wrong, an unknown or no hint makes no difference', async (t) => {
  for (const hint of ['access_token', 'refresh_token', 'pizza', undefined]) {
    const channel = await backChannel(t)
    const { access, refresh } = await channel.redeemed()
    await channel.post(REVOKE, { token: refresh, token_type_hint: hint })
    t.false(await channel.alive(access))
  }
})

test('§2.2: a token that is unknown, garbage or already revoked gets the same 200', async (t) => {
  const channel = await backChannel(t)
  const random = pooledRandom()
  const { refresh } = await channel.redeemed()
  const good = await channel.post(REVOKE, { token: refresh })
  for (const token of [refresh, 'x', mintToken('access', newGrantId(random), random), `${refresh}x`]) {
    t.deepEqual(await channel.post(REVOKE, { token }), good)
  }
  const announced = (await channel.events()).filter(({ type }) => type === 'oauth.grant.revoked')
  t.is(announced.length, 1)
})

test('a foreign token gets 200 and stays as it is', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'other' })
  const { access, refresh } = await channel.redeemed()
  for (const token of [access, refresh]) {
    t.is((await channel.post(REVOKE, { token }, `other:${SECRET}`)).status, 200)
  }
  t.true(await channel.alive(access))
  t.is((await channel.refresh(refresh)).status, 200)
})

test('a token that the client has from another API is not revoked here', async (t) => {
  const channel = await backChannel(t, { client: { apis: ['pets', 'birds'] } })
  const { access } = await channel.redeemed()
  const { dispatch } = await import('../../../src/oauth/dispatch.ts')
  const { parseForm } = await import('../../../src/oauth/http.ts')
  const { basicHeader, APP } = await import('../../_kit/back-channel.ts')
  const request = {
    method: 'POST',
    headers: { authorization: basicHeader(APP) },
    query: parseForm(''),
    body: parseForm(`token=${access}`),
    address: '',
  }
  const answer = await dispatch(request, { ...channel.api, id: 'birds' }, REVOKE, channel.services)
  t.is(answer.status, 200)
  t.true(await channel.alive(access))
})

test('who revokes must authenticate, and name a token, by POST', async (t) => {
  const channel = await backChannel(t)
  const { access } = await channel.redeemed()
  t.is((await channel.post(REVOKE, { token: access }, 'app:wrong')).status, 401)
  t.is((await channel.post(REVOKE, { token: access }, '')).status, 401)
  t.is((await channel.post(REVOKE, {})).json['error'], 'invalid_request')
  t.true(await channel.alive(access))
})

test('public clients revoke their own tokens with their id alone', async (t) => {
  const channel = await backChannel(t)
  const { refresh, access } = await channel.redeemed()
  await channel.addClient({ type: 'public', secrets: [] })
  t.is((await channel.post(REVOKE, { token: refresh, client_id: 'app' }, '')).status, 200)
  t.false(await channel.alive(access))
})

test('50 revocations of one token at the same time all say 200, and one is announced', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) => channel.post(REVOKE, { token: index % 2 ? access : refresh })),
  )
  t.true(answers.every(({ status }) => status === 200))
  t.false(await channel.alive(access))
  t.is((await channel.events()).filter(({ type }) => type === 'oauth.grant.revoked').length, 1)
})
