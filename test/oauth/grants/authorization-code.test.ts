import test from 'ava'
import type { RevocationReason } from '../../../src/oauth/records/grant.ts'
import { ALL_FLOWS, backChannel, redemption, SECRET, tokensOf, VERIFIER } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'

test('RFC 6749 §4.1.4: a code becomes an access token, a refresh token and one notification', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  const answer = await channel.token(redemption(code))
  t.is(answer.status, 200)
  t.is(answer.json['token_type'], 'bearer')
  t.is(answer.json['expires_in'], 3600)
  t.is(answer.json['scope'], 'read write')
  const { access, refresh } = tokensOf(answer)
  const principal = await channel.services.accessTokens.find(access)
  t.is(principal?.subject, 'ann')
  t.is(principal?.clientId, 'app')
  t.deepEqual([...(principal?.scope ?? [])], ['read', 'write'])
  const [event, ...others] = await channel.events()
  t.like(event, { type: 'oauth.token.issued', code, accessToken: access, refreshToken: refresh, user: 'ann' })
  t.deepEqual(others, [])
})

test('no refresh token without refreshToken: true, nor for a client that may not refresh', async (t) => {
  const off = await backChannel(t, { settings: { refreshToken: false } })
  t.false('refresh_token' in (await off.token(redemption(await off.code()))).json)
  const client = await backChannel(t, { client: { grantTypes: ['authorization_code'] } })
  t.false('refresh_token' in (await client.token(redemption(await client.code()))).json)
})

test('a scope that was taken from the client while its code was under way is not granted any more', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  await channel.addClient({ scopes: ['read'] })
  const answer = await channel.token(redemption(code))
  t.is(answer.json['scope'], 'read')
  const principal = await channel.services.accessTokens.find(tokensOf(answer).access)
  t.deepEqual([...(principal?.scope ?? [])], ['read'])
  const last = await channel.code()
  await channel.addClient({ scopes: ['other'] })
  // RFC 6749 §5.1: an answer without scope would say that all of it was granted.
  t.is((await channel.token(redemption(last))).json['error'], 'invalid_scope')
})

test('RFC 6749 §4.1.2: a replayed code is refused and kills what it issued', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  const { access, refresh } = tokensOf(await channel.token(redemption(code)))
  t.true(await channel.alive(access))
  const marks: string[] = []
  const watch = channel.store.watch((mark) => marks.push(mark.topic))
  t.teardown(() => watch.close())
  t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant')
  t.false(await channel.alive(access))
  t.deepEqual(marks, ['grant'])
  t.is((await channel.refresh(refresh)).json['error'], 'invalid_grant')
  const events = await channel.events()
  t.true(events.some((event) => event.type === 'oauth.token.revoked'))
  const reason: RevocationReason = 'code_replay'
  t.true(events.some((event) => event.type === 'oauth.grant.revoked' && event.reason === reason))
})

test('a replay is still noticed long after the code would have expired', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  const { access } = tokensOf(await channel.token(redemption(code)))
  await channel.clock.advance(59 * 60_000)
  t.true(await channel.alive(access))
  await channel.token(redemption(code))
  t.false(await channel.alive(access))
})

test('RFC 7636 §4.6: a verifier that does not match gets invalid_grant and burns the code', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code()
  const wrong = { ...redemption(code), code_verifier: 'x'.repeat(43) }
  t.is((await channel.token(wrong)).json['error'], 'invalid_grant')
  t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant')
})

test('RFC 9700 §4.8.2: a missing verifier, and a verifier without a challenge, are refused', async (t) => {
  const channel = await backChannel(t)
  const missing = { ...redemption(await channel.code()), code_verifier: undefined }
  t.is((await channel.token(missing)).json['error'], 'invalid_grant')
  const noChallenge = await channel.code({ codeChallenge: undefined, pkceRequired: false })
  t.is((await channel.token(redemption(noChallenge))).json['error'], 'invalid_grant')
})

test('a code that needed a challenge and lost it fails closed', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code({ codeChallenge: undefined, pkceRequired: true })
  t.is((await channel.token({ ...redemption(code), code_verifier: undefined })).json['error'], 'invalid_grant')
})

test('a code issued without a challenge to a client that need not send one is redeemed without verifier', async (t) => {
  const channel = await backChannel(t)
  const code = await channel.code({ codeChallenge: undefined, pkceRequired: false })
  t.is((await channel.token({ ...redemption(code), code_verifier: undefined })).status, 200)
})

for (const verifier of ['x'.repeat(42), 'x'.repeat(129), `${VERIFIER}=`, `${VERIFIER} `, `${'x'.repeat(42)}ä`]) {
  test(`RFC 7636 §4.1: a verifier of ${verifier.length} characters (${verifier.slice(-1)}) is malformed and costs no code`, async (t) => {
    const channel = await backChannel(t)
    const code = await channel.code()
    const answer = await channel.token({ ...redemption(code), code_verifier: verifier })
    t.is(answer.json['error'], 'invalid_request')
    t.is((await channel.token(redemption(code))).status, 200)
  })
}

test('RFC 6749 §4.1.3: a redirect URI that was given must be repeated exactly', async (t) => {
  const channel = await backChannel(t)
  for (const uri of [undefined, 'https://app.test/cb/', 'https://app.test/cb?x=1', 'HTTPS://app.test/cb']) {
    const answer = await channel.token({ ...redemption(await channel.code()), redirect_uri: uri })
    t.is(answer.json['error'], 'invalid_grant', uri)
  }
})

test('a redirect URI that was not given may stay away, but not be another', async (t) => {
  const channel = await backChannel(t)
  const omitted = { ...redemption(await channel.code({ redirectUriGiven: false })), redirect_uri: undefined }
  t.is((await channel.token(omitted)).status, 200)
  const other = { ...redemption(await channel.code({ redirectUriGiven: false })), redirect_uri: 'https://evil.test/' }
  t.is((await channel.token(other)).json['error'], 'invalid_grant')
})

test('a code of another client is refused and stays good for its own', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'other' })
  const code = await channel.code()
  t.is((await channel.token(redemption(code), `other:${SECRET}`)).json['error'], 'invalid_grant')
  t.is((await channel.token(redemption(code))).status, 200)
})

test('another client that replays a used code kills nothing', async (t) => {
  const channel = await backChannel(t)
  await channel.addClient({ clientId: 'other' })
  const code = await channel.code()
  const { access } = tokensOf(await channel.token(redemption(code)))
  t.is((await channel.token(redemption(code), `other:${SECRET}`)).json['error'], 'invalid_grant')
  t.true(await channel.alive(access))
})

test('a code of another API or another scheme is refused', async (t) => {
  const channel = await backChannel(t)
  t.is((await channel.token(redemption(await channel.code({ api: 'birds' })))).json['error'], 'invalid_grant')
  t.is((await channel.token(redemption(await channel.code({ scheme: 'other' })))).json['error'], 'invalid_grant')
})

test('where schemes share a token URL, a code is redeemed under the scheme that issued it', async (t) => {
  const schemes = [
    issuerScheme({ name: 'first', flows: ALL_FLOWS, settings: { accessTokenLifetime: '1m' } }),
    issuerScheme({ name: 'second', flows: ALL_FLOWS, settings: { accessTokenLifetime: '2m' } }),
  ]
  const channel = await backChannel(t, { schemes })
  const answer = await channel.token(redemption(await channel.code({ scheme: 'second' })))
  t.is(answer.json['expires_in'], 120)
  t.is((await channel.services.accessTokens.find(tokensOf(answer).access))?.scheme, 'second')
})

test('a code expires at its instant, and one of a client whose tokens were ended is dead', async (t) => {
  const channel = await backChannel(t)
  const late = await channel.code()
  await channel.clock.advance(60_000)
  t.is((await channel.token(redemption(late))).json['error'], 'invalid_grant')
  const code = await channel.code()
  await channel.addClient({ notBefore: channel.clock.now() })
  t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant')
})

test('garbage, tokens of other kinds and no code at all are refused', async (t) => {
  const channel = await backChannel(t)
  const { access, refresh } = await channel.redeemed()
  for (const code of [access, refresh, 'x', '%00', 'gac_', 'gac_'.padEnd(74, 'A')]) {
    t.is((await channel.token(redemption(code))).json['error'], 'invalid_grant', code)
  }
  t.is((await channel.token({ grant_type: 'authorization_code' })).json['error'], 'invalid_request')
})

test('public clients redeem codes with their id alone', async (t) => {
  const channel = await backChannel(t, { client: { type: 'public', secrets: [] } })
  const answer = await channel.token({ ...redemption(await channel.code()), client_id: 'app' }, '')
  t.is(answer.status, 200)
})
