import test from 'ava'
import { ALL_FLOWS, backChannel, tokensOf } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'

const CC = { grant_type: 'client_credentials' }

test('RFC 6749 §4.4.3: an access token and no refresh token, and it lasts as long as it says', async (t) => {
  const channel = await backChannel(t, { settings: { accessTokenLifetime: '90s' } })
  const { json } = await channel.token(CC)
  t.is(json['expires_in'], 90)
  t.false('refresh_token' in json)
  const access = String(json['access_token'])
  await channel.clock.advance(89_999)
  t.true(await channel.alive(access))
  await channel.clock.advance(1)
  t.false(await channel.alive(access))
})

test('many tokens of one client live side by side', async (t) => {
  const channel = await backChannel(t)
  const tokens = await Promise.all(Array.from({ length: 50 }, () => channel.token(CC)))
  t.is(new Set(tokens.map((answer) => tokensOf(answer).access)).size, 50)
  for (const answer of tokens) t.true(await channel.alive(tokensOf(answer).access))
})

test('the scheme’s default scopes are granted when none is named, as far as the client may have them', async (t) => {
  const channel = await backChannel(t, { settings: { scopes: { default: ['read', 'write'] } } })
  t.is((await channel.token(CC)).json['scope'], 'read write')
  t.is((await channel.token({ ...CC, scope: '' })).json['scope'], 'read write')
  await channel.addClient({ scopes: ['write'] })
  t.is((await channel.token(CC)).json['scope'], 'write')
})

test('where there is no scope, the answer has none', async (t) => {
  const channel = await backChannel(t, { settings: { scopes: { default: [] } } })
  t.false('scope' in (await channel.token(CC)).json)
})

test('RFC 6749 §3.3: undeclared, malformed and denied scopes are refused, and none where one is mandatory', async (t) => {
  const channel = await backChannel(t, { client: { scopes: ['read'] }, settings: { scopes: { mandatory: true } } })
  for (const scope of ['admin', 'read admin', 'write', 'r"ead', 'r\\ead', 'réad', undefined, ' ']) {
    t.is((await channel.token({ ...CC, scope })).json['error'], 'invalid_scope', scope)
  }
  t.is((await channel.token({ ...CC, scope: 'read  read ' })).json['scope'], 'read')
})

test('where schemes share a URL, the one that knows the scopes is chosen, else the first', async (t) => {
  const channel = await backChannel(t, {
    schemes: [
      issuerScheme({ name: 'pets', flows: ALL_FLOWS, scopes: ['read'] }),
      issuerScheme({ name: 'birds', flows: ALL_FLOWS, scopes: ['fly'], settings: { scopes: {} } }),
    ],
  })
  const schemeOf = async (scope: string | undefined) => {
    const answer = await channel.token({ ...CC, scope })
    return (await channel.services.accessTokens.find(tokensOf(answer).access))?.scheme
  }
  t.is(await schemeOf('fly'), 'birds')
  t.is(await schemeOf('read'), 'pets')
  t.is(await schemeOf(undefined), 'pets')
  t.is((await channel.token({ ...CC, scope: 'read fly' })).json['error'], 'invalid_scope')
})
