import test, { type ExecutionContext } from 'ava'
import { sha256 } from '../../../src/core/digest.ts'
import type { LogFields } from '../../../src/core/log.ts'
import { dispatch } from '../../../src/oauth/dispatch.ts'
import { parseForm } from '../../../src/oauth/http.ts'
import { revokeSubject } from '../../../src/oauth/revocation/revoke-subject.ts'
import { ALL_FLOWS, backChannel, CHALLENGE, type Fields, VERIFIER } from '../../_kit/back-channel.ts'
import { issuerScheme } from '../../_kit/issuer-api.ts'
import { compiled, petStore } from '../../api/compiled.ts'

const KEY = 'a-provision-key'

async function withKey(t: ExecutionContext, settings: Readonly<Record<string, unknown>> = {}) {
  const lines: LogFields[] = []
  const say = (fields: LogFields, message: string) => void lines.push({ ...fields, message })
  const flows = { ...ALL_FLOWS, implicit: { authorizationPath: '/oauth/authorize' } }
  const scheme = issuerScheme({ flows, settings: { refreshToken: true, provisionKey: KEY, ...settings } })
  const log = { debug: say, info: say, warn: say, error: say }
  const channel = await backChannel(t, { schemes: [scheme], services: { log } })
  const authorize = (changes: Fields = {}) => channel.post('/oauth/authorize', { ...GOOD, ...changes }, '')
  return { ...channel, lines, authorize }
}

const GOOD: Fields = {
  provision_key: KEY,
  authenticated_userid: 'clark',
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.test/cb',
  scope: 'read',
  state: 's 1',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}

test('the login page gets the redirect with a code for the user that it has authenticated', async (t) => {
  const { authorize, token, services } = await withKey(t)
  const answer = await authorize()
  t.is(answer.status, 200)
  t.deepEqual(Object.keys(answer.json), ['redirect_uri'])
  t.is(answer.headers['cache-control'], 'no-store')
  const back = new URL(String(answer.json['redirect_uri']))
  t.is(back.origin + back.pathname, 'https://app.test/cb')
  t.is(back.searchParams.get('state'), 's 1')
  const code = back.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: 'https://app.test/cb', code_verifier: VERIFIER }
  const issued = await token(form)
  t.is(issued.json['scope'], 'read')
  t.truthy(issued.json['refresh_token'])
  t.is((await services.accessTokens.find(String(issued.json['access_token'])))?.subject, 'clark')
})

test('a wrong, missing or empty key, and a missing user, are answered as JSON and never redirected', async (t) => {
  const { authorize } = await withKey(t)
  for (const provision_key of ['wrong', '']) {
    const answer = await authorize({ provision_key })
    t.is(answer.status, 400)
    t.deepEqual(answer.json, { error: 'invalid_provision_key', error_description: 'Invalid provision_key' })
  }
  for (const authenticated_userid of [undefined, '', '  ', 'client:app', 'a\nb']) {
    const answer = await authorize({ authenticated_userid })
    t.is(answer.status, 400, String(authenticated_userid))
    t.is(answer.json['error'], 'invalid_authenticated_userid')
  }
})

test('an unknown client and a redirect URI that is not registered are never told of by redirecting', async (t) => {
  const { authorize } = await withKey(t)
  for (const changes of [{ client_id: 'nobody' }, { redirect_uri: 'https://evil.test/cb' }]) {
    const answer = await authorize(changes)
    t.true(answer.status >= 400 && answer.status < 500)
    t.is(answer.json['redirect_uri'], undefined)
    t.truthy(answer.json['error'])
  }
})

test('every other error is a redirect for the client: 400 with the redirect_uri that says it', async (t) => {
  const { authorize } = await withKey(t)
  for (const [changes, error] of [
    [{ response_type: 'device' }, 'unsupported_response_type'],
    [{ scope: 'everything' }, 'invalid_scope'],
    [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  ] as const) {
    const answer = await authorize(changes)
    t.is(answer.status, 400)
    t.deepEqual(Object.keys(answer.json), ['redirect_uri'])
    const back = new URL(String(answer.json['redirect_uri']))
    t.is(back.searchParams.get('error'), error)
    t.is(back.searchParams.get('state'), 's 1')
  }
})

test('RFC 6749 §4.2.2: with response_type=token, the token stands in the fragment, and errors do too', async (t) => {
  const { authorize } = await withKey(t, { allowedAuthorizeTypes: ['code', 'token'] })
  const back = new URL(String((await authorize({ response_type: 'token' })).json['redirect_uri']))
  t.is(back.search, '')
  t.truthy(new URLSearchParams(back.hash.slice(1)).get('access_token'))
  const failed = new URL(String((await authorize({ response_type: 'token', scope: 'all' })).json['redirect_uri']))
  t.is(new URLSearchParams(failed.hash.slice(1)).get('error'), 'invalid_scope')
  t.is(failed.search, '')
})

test('the password grant takes the user from the login page, with the key instead of a password', async (t) => {
  const { token, services } = await withKey(t)
  const form = { grant_type: 'password', provision_key: KEY, authenticated_userid: 'clark', scope: 'read' }
  const { status, json } = await token(form)
  t.is(status, 200)
  t.truthy(json['refresh_token'])
  t.is((await services.accessTokens.find(String(json['access_token'])))?.subject, 'clark')
  t.is((await token({ ...form, provision_key: 'wrong' })).json['error'], 'invalid_provision_key')
  t.is((await token({ ...form, authenticated_userid: undefined })).json['error'], 'invalid_authenticated_userid')
})

test('client credentials on behalf of a user: by the key only, without refresh token, ended with the user', async (t) => {
  const { token, services, alive } = await withKey(t)
  const form = { grant_type: 'client_credentials', provision_key: KEY, authenticated_userid: 'clark' }
  const { json } = await token(form)
  const access = String(json['access_token'])
  t.is(json['refresh_token'], undefined)
  t.is((await services.accessTokens.find(access))?.subject, 'clark')
  t.is((await token({ ...form, provision_key: undefined })).json['error'], 'invalid_provision_key')
  t.is((await token({ ...form, provision_key: 'wrong' })).json['error'], 'invalid_provision_key')
  const own = String((await token({ grant_type: 'client_credentials' })).json['access_token'])
  t.is((await services.accessTokens.find(own))?.subject, undefined)
  await revokeSubject('pets', 'clark', 'admin', services)
  t.false(await alive(access))
  t.true(await alive(own))
})

test('two keys live during a rotation, and none without being set', async (t) => {
  const { authorize, lines } = await withKey(t, { provisionKey: ['new-key', 'old-key'] })
  t.is((await authorize({ provision_key: 'new-key' })).status, 200)
  t.is((await authorize({ provision_key: 'old-key' })).status, 200)
  t.is((await authorize()).status, 400)
  t.deepEqual(
    lines.filter(({ action }) => action === 'provision.authorize').map(({ key }) => key),
    [1, 2, undefined],
    'the audit tells which key is still used',
  )
  const without = await withKey(t, { provisionKey: undefined })
  t.is((await without.authorize()).json['error'], 'invalid_provision_key')
})

test('guessing is slowed down for the whole API, wherever it comes from; the right key is always heard', async (t) => {
  const { api, services, authorize, clock } = await withKey(t)
  const guess = async (address: string) => {
    const body = parseForm(
      new URLSearchParams({ ...(GOOD as Record<string, string>), provision_key: `g${address}` }).toString(),
    )
    const request = { method: 'POST', headers: {}, query: parseForm(''), body, address }
    return (await dispatch(request, api, '/oauth/authorize', services)).status
  }
  const statuses: number[] = []
  for (let index = 0; index < 8; index++) statuses.push(await guess(`10.0.0.${index}`))
  t.deepEqual(statuses, [400, 400, 400, 400, 400, 400, 429, 429])
  t.is((await authorize()).status, 200)
  await clock.advance(16 * 60_000)
  t.is(await guess('10.0.0.9'), 400)
})

test('every use and every refusal is audited, without the key; no key is kept in clear', async (t) => {
  const { authorize, token, lines, api } = await withKey(t)
  await authorize()
  await authorize({ provision_key: 'wrong-key' })
  await token({ grant_type: 'password', provision_key: KEY, authenticated_userid: 'lois' })
  const audited = lines.filter(({ audit }) => audit === true)
  t.deepEqual(
    audited.map(({ action, client, user, refused }) => [action, client, user, refused]),
    [
      ['provision.authorize', 'app', 'clark', undefined],
      ['provision.authorize', 'app', undefined, 'invalid_provision_key'],
      ['provision.password', 'app', 'lois', undefined],
    ],
  )
  t.false(JSON.stringify(lines).includes('wrong-key') || JSON.stringify(lines).includes(KEY))
  const scheme = api.securitySchemes.get('oauth')
  t.deepEqual(scheme?.kind === 'issuer' && scheme.settings.provisionKey, { digests: [sha256(KEY)] })
})

test('RFC 6749 §2.3.1: a provision key in the query is refused, wherever it is sent', async (t) => {
  const { api, services } = await withKey(t)
  for (const [method, path] of [
    ['GET', '/oauth/authorize'],
    ['POST', '/oauth/authorize'],
    ['POST', '/oauth/token'],
  ] as const) {
    const query = parseForm(new URLSearchParams(GOOD as Record<string, string>).toString())
    const answer = await dispatch(
      { method, headers: {}, query, body: parseForm(''), address: 'a' },
      api,
      path,
      services,
    )
    t.is(answer.status, 400)
    t.false(JSON.stringify(answer).includes(KEY))
    t.is(answer.headers['location'], undefined)
  }
})

test('a document names one key or two, as references; a literal one is a warning, a third an error', (t) => {
  const codes = (provisionKey: unknown) =>
    compiled(petStore({ scheme: { provisionKey } }))
      .diagnostics.filter(({ pointer }) => pointer.includes('provisionKey'))
      .map(({ code }) => code)
  t.deepEqual(codes('env:SECRET'), [])
  t.deepEqual(codes(['env:SECRET', 'file:/run/secret']), [])
  t.deepEqual(codes('literal'), ['GW1302'])
  t.deepEqual(codes(['env:SECRET', 'literal']), ['GW1302'])
  t.true(codes(['env:SECRET', 'env:SECRET', 'env:SECRET']).includes('GW2102'))
  t.true(codes([]).includes('GW2102'))
})
