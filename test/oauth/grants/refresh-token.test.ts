import test from 'ava'
import { pooledRandom } from '../../../src/core/random.ts'
import { clientKey } from '../../../src/oauth/records/client.ts'
import { grantKey } from '../../../src/oauth/records/grant.ts'
import { mintRefreshToken, readRefreshToken } from '../../../src/oauth/tokens/token-format.ts'
import { type BackChannel, backChannel, redemption, SECRET, tokensOf } from '../../_kit/back-channel.ts'

const DAY = 24 * 60 * 60_000

test('RFC 6749 §6: a refresh gives new tokens, ends the old access token and is announced', async (t) => {
  const channel = await backChannel(t)
  const first = await channel.redeemed()
  const marks: string[] = []
  const watch = channel.store.watch((mark) => marks.push(mark.topic))
  t.teardown(() => watch.close())
  const answer = await channel.refresh(first.refresh)
  t.is(answer.status, 200)
  const second = tokensOf(answer)
  t.not(second.refresh, first.refresh)
  t.false(await channel.alive(first.access))
  t.true(await channel.alive(second.access))
  t.deepEqual(marks, ['token'])
  const event = (await channel.events()).find(({ type }) => type === 'oauth.token.refreshed')
  t.like(event, { accessToken: second.access, refreshToken: second.refresh, oldRefreshToken: first.refresh })
})

test('within the grace window a used token gets the very same answer', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  const first = await channel.refresh(refresh)
  await channel.clock.advance(29_999)
  const again = await channel.refresh(refresh)
  t.is(again.status, 200)
  t.deepEqual(again.json, first.json)
  t.true(await channel.alive(tokensOf(again).access))
})

test('after the grace window a used token is a replay: the family dies and receivers are told', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  const second = tokensOf(await channel.refresh(refresh))
  await channel.clock.advance(30_000)
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
  t.false(await channel.alive(second.access))
  t.is((await channel.refresh(second.refresh)).json['error'], 'invalid_grant')
  const event = (await channel.events()).find(({ type }) => type === 'oauth.grant.revoked')
  t.like(event, { reason: 'refresh_replay' })
})

test('once its successor was used there is no grace', async (t) => {
  const channel = await backChannel(t)
  const first = await channel.redeemed()
  const second = tokensOf(await channel.refresh(first.refresh))
  const third = tokensOf(await channel.refresh(second.refresh))
  t.is((await channel.refresh(first.refresh)).json['error'], 'invalid_grant')
  t.false(await channel.alive(third.access))
})

test('the stored answer cannot be opened without the token that it answered', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  const second = tokensOf(await channel.refresh(refresh))
  const [entry] = await channel.store.get([grantKey(grantIdOf(channel, refresh))])
  const stored = JSON.stringify(entry?.value)
  for (const token of [refresh, second.access, second.refresh]) t.false(stored.includes(token))
  t.truthy(entry?.value.refresh?.previous?.answer)
})

test('a grace window of 0 makes every second use a replay', async (t) => {
  const channel = await backChannel(t, { settings: { refreshTokenGrace: 0 } })
  const { refresh } = await channel.redeemed()
  const second = tokensOf(await channel.refresh(refresh))
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
  t.false(await channel.alive(second.access))
})

test('a forged token of a known family changes nothing', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  const random = pooledRandom()
  const forger = { ...channel.services.vault, mac: () => Buffer.alloc(32) }
  const forged = mintRefreshToken(grantIdOf(channel, refresh), 0, random, forger)
  t.is((await channel.refresh(forged)).json['error'], 'invalid_grant')
  t.true(await channel.alive(access))
  t.is((await channel.refresh(refresh)).status, 200)
})

test('a genuine token that is newer than the store knows is no replay', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  const { random, vault } = channel.services
  const newer = mintRefreshToken(grantIdOf(channel, refresh), 5, random, vault)
  t.is((await channel.refresh(newer)).json['error'], 'invalid_grant')
  t.true(await channel.alive(access))
})

test('the scope never widens, and asking for more consumes nothing', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed({ scope: ['read'] })
  t.is((await channel.refresh(refresh, { scope: 'read write' })).json['error'], 'invalid_scope')
  t.is((await channel.refresh(refresh, { scope: 'read admin' })).json['error'], 'invalid_scope')
  const answer = await channel.refresh(refresh)
  t.is(answer.json['scope'], 'read')
})

test('a narrower scope holds for that access token; the grant keeps its own', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  const narrow = await channel.refresh(refresh, { scope: 'read' })
  t.is(narrow.json['scope'], 'read')
  t.deepEqual([...((await channel.services.accessTokens.find(tokensOf(narrow).access))?.scope ?? [])], ['read'])
  const wide = await channel.refresh(tokensOf(narrow).refresh)
  t.is(wide.json['scope'], 'read write')
})

test('a repeated refresh does not get more than it asks for', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  await channel.refresh(refresh)
  t.is((await channel.refresh(refresh, { scope: 'read' })).json['error'], 'invalid_scope')
})

test('scopes that the client may no longer have are dropped', async (t) => {
  const channel = await backChannel(t)
  const { refresh } = await channel.redeemed()
  await channel.addClient({ scopes: ['read'] })
  t.is((await channel.refresh(refresh)).json['scope'], 'read')
})

test('a family ends at its absolute lifetime, however often it was refreshed', async (t) => {
  const channel = await backChannel(t, { settings: { refreshTokenLifetime: '10d' } })
  let { refresh } = await channel.redeemed()
  for (let day = 1; day < 10; day++) {
    await channel.clock.advance(DAY)
    refresh = tokensOf(await channel.refresh(refresh)).refresh
  }
  await channel.clock.advance(DAY)
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
})

test('the last access token of a family lives to its own end', async (t) => {
  const channel = await backChannel(t, { settings: { refreshTokenLifetime: '1h', accessTokenLifetime: '1h' } })
  const first = await channel.redeemed()
  await channel.clock.advance(59 * 60_000)
  const { access } = tokensOf(await channel.refresh(first.refresh))
  await channel.clock.advance(59 * 60_000)
  t.true(await channel.alive(access))
  await channel.clock.advance(60_000)
  t.false(await channel.alive(access))
})

test('an idle family ends; each use puts that off', async (t) => {
  const settings = { refreshTokenIdleLifetime: '2d' }
  const channel = await backChannel(t, { settings })
  let { refresh } = await channel.redeemed()
  await channel.clock.advance(2 * DAY - 1)
  refresh = tokensOf(await channel.refresh(refresh)).refresh
  await channel.clock.advance(2 * DAY - 1)
  refresh = tokensOf(await channel.refresh(refresh)).refresh
  await channel.clock.advance(2 * DAY)
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
})

test('rotation never: the token stays, and each use ends the access token before', async (t) => {
  const channel = await backChannel(t, { settings: { refreshTokenRotation: 'never' } })
  const first = await channel.redeemed()
  const second = tokensOf(await channel.refresh(first.refresh))
  t.is(second.refresh, first.refresh)
  t.false(await channel.alive(first.access))
  await channel.clock.advance(DAY)
  t.is((await channel.refresh(first.refresh)).status, 200)
  t.false(await channel.alive(second.access))
})

test('rotation public: public clients rotate, confidential ones do not', async (t) => {
  const settings = { refreshTokenRotation: 'public' }
  const confidential = await backChannel(t, { settings })
  const kept = await confidential.redeemed()
  t.is(tokensOf(await confidential.refresh(kept.refresh)).refresh, kept.refresh)
  const channel = await backChannel(t, { settings, client: { type: 'public', secrets: [] } })
  const id = { client_id: 'app' }
  const first = tokensOf(await channel.token({ ...redemption(await channel.code()), ...id }, ''))
  t.not(tokensOf(await channel.refresh(first.refresh, id, '')).refresh, first.refresh)
})

test('another client cannot use a refresh token, nor kill its family with it', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'other' })
  const { access, refresh } = await channel.redeemed()
  t.is((await channel.refresh(refresh, {}, `other:${SECRET}`)).json['error'], 'invalid_grant')
  const second = tokensOf(await channel.refresh(refresh))
  await channel.clock.advance(DAY / 24 / 60)
  t.is((await channel.refresh(refresh, {}, `other:${SECRET}`)).json['error'], 'invalid_grant')
  t.true(await channel.alive(second.access))
  t.false(await channel.alive(access))
})

test('a client that was removed, or whose tokens were ended, cannot refresh', async (t) => {
  const ended = await backChannel(t)
  const first = await ended.redeemed()
  await ended.clock.advance(1000)
  await ended.addClient({ notBefore: ended.clock.now() })
  t.is((await ended.refresh(first.refresh)).json['error'], 'invalid_grant')
  const removed = await backChannel(t)
  const second = await removed.redeemed()
  const key = clientKey('app')
  await removed.store.commit({ partition: key.partition, writes: [{ op: 'remove', key }] })
  await removed.clock.advance(11_000)
  t.is((await removed.refresh(second.refresh)).json['error'], 'invalid_client')
})

test('refreshing is not offered where refreshToken is off', async (t) => {
  const channel = await backChannel(t, { settings: { refreshToken: false } })
  t.is((await channel.refresh('grt_x')).json['error'], 'unsupported_grant_type')
})

test('access tokens, codes and garbage are no refresh tokens', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  const { access } = await channel.redeemed()
  for (const token of [access, code, 'grt_', 'x'.repeat(5000)]) {
    t.is((await channel.refresh(token)).json['error'], 'invalid_grant')
  }
  t.is((await channel.token({ grant_type: 'refresh_token' })).json['error'], 'invalid_request')
})

function grantIdOf(channel: BackChannel, refresh: string): string {
  return readRefreshToken(refresh, channel.services.vault)?.grantId ?? ''
}
