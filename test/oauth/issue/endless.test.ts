import test from 'ava'
import { ALL_FLOWS, backChannel } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'
import { compiled, petStore } from '../../api/compiled.ts'

const YEAR = 365 * 86_400_000
const scheme = (settings: Readonly<Record<string, unknown>>) =>
  issuerScheme({ flows: ALL_FLOWS, settings: { refreshToken: true, ...settings } })

test('accessTokenLifetime 0: the token never expires, and there is neither expires_in nor a refresh token', async (t) => {
  const { token, code, alive, clock, post } = await backChannel(t, { schemes: [scheme({ accessTokenLifetime: 0 })] })
  const issued = await token({
    grant_type: 'authorization_code',
    code: await code({ codeChallenge: undefined, pkceRequired: false }),
    redirect_uri: 'https://app.test/cb',
  })
  t.is(issued.status, 200)
  t.false('expires_in' in issued.json)
  t.false('refresh_token' in issued.json)
  await clock.advance(20 * YEAR)
  const access = String(issued.json['access_token'])
  t.true(await alive(access))
  const { json } = await post('/oauth/introspect', { token: access })
  t.is(json['active'], true)
  t.false('exp' in json)
  await post('/oauth/revoke', { token: access })
  t.false(await alive(access), 'but it can be revoked')
})

test('refreshTokenLifetime 0: a grant can be refreshed for ever', async (t) => {
  const { redeemed, refresh, clock } = await backChannel(t, { schemes: [scheme({ refreshTokenLifetime: 0 })] })
  const { refresh: first } = await redeemed()
  await clock.advance(5 * YEAR)
  const next = await refresh(first)
  t.is(next.json['expires_in'], 3600)
  await clock.advance(5 * YEAR)
  t.is((await refresh(String(next.json['refresh_token']))).status, 200)
})

test('refreshTokenRotation never: the refresh token is reused, and the access token before ends', async (t) => {
  const { redeemed, refresh, alive } = await backChannel(t, { schemes: [scheme({ refreshTokenRotation: 'never' })] })
  const first = await redeemed()
  const second = await refresh(first.refresh)
  t.is(second.json['refresh_token'], first.refresh)
  t.false(await alive(first.access))
  t.true(await alive(String(second.json['access_token'])))
  t.is((await refresh(first.refresh)).json['refresh_token'], first.refresh, 'again and again')
})

test('a document with endless access tokens is served with a warning', (t) => {
  const codes = (accessTokenLifetime: unknown) =>
    compiled(petStore({ scheme: { accessTokenLifetime } })).diagnostics.map(({ code }) => code)
  t.true(codes(0).includes('GW3313'))
  t.true(codes('0s').includes('GW3313'))
  t.false(codes('1h').includes('GW3313'))
})
