import test from 'ava'
import { backChannel } from '../../_kit/back-channel.ts'

const MINUTE = 60_000

test('the lifetimes of a client go before those of the scheme: access token, grant and idle time', async (t) => {
  const settings = { accessTokenLifetime: '1h', refreshTokenLifetime: '14d', refreshTokenIdleLifetime: '7d' }
  const lifetimes = { accessToken: 2 * MINUTE, refreshToken: 30 * MINUTE, refreshTokenIdle: 10 * MINUTE }
  const channel = await backChannel(t, { settings, client: { lifetimes } })
  let { access, refresh } = await channel.redeemed()
  await channel.clock.advance(2 * MINUTE - 1)
  t.true(await channel.alive(access))
  await channel.clock.advance(1)
  t.false(await channel.alive(access))
  for (let minutes = 2; minutes < 30; minutes += 7) {
    const answer = await channel.refresh(refresh)
    t.is(answer.json['expires_in'], 120)
    refresh = String(answer.json['refresh_token'])
    await channel.clock.advance(7 * MINUTE)
  }
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
})

test('an idle refresh token of such a client ends, and introspection says so', async (t) => {
  const channel = await backChannel(t, { client: { lifetimes: { refreshTokenIdle: 10 * MINUTE } } })
  const { refresh } = await channel.redeemed()
  const now = Math.floor(channel.clock.now() / 1000)
  t.like((await channel.post('/oauth/introspect', { token: refresh })).json, { active: true, exp: now + 600 })
  await channel.clock.advance(10 * MINUTE)
  t.deepEqual((await channel.post('/oauth/introspect', { token: refresh })).json, { active: false })
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
})
