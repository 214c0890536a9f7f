import test from 'ava'
import { dispatch } from '../../src/oauth/dispatch.ts'
import { NO_PARAMETERS, parametersOf } from '../../src/oauth/http.ts'
import { type AdminApi, type AdminWish, adminApi } from '../_kit/admin-api.ts'
import { ALL_FLOWS, CHALLENGE, redemption, VERIFIER } from '../_kit/back-channel.ts'
import { issuerScheme } from '../_kit/issuer-api.ts'

const AUTHORIZE = '/api/apis/oauth/pets/authorize-client'
const GOOD = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.test/cb',
  scope: 'read write',
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
type Fields = Readonly<Record<string, string>>
const form = (fields: Fields) => new URLSearchParams(fields).toString()
const without = (fields: Fields, ...names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))

/** Goes to the authorization endpoint as a browser; the challenge that the login page gets. */
async function challengeFor({ api, services }: AdminApi, changes: Fields = {}): Promise<string> {
  const query = parametersOf(Object.entries({ ...GOOD, ...changes }))
  const request = { method: 'GET', headers: {}, query, body: NO_PARAMETERS, address: '127.0.0.1' }
  const { headers } = await dispatch(request, api, '/oauth/authorize', services)
  return new URL(headers['location'] ?? '').searchParams.get('login_challenge') ?? ''
}

const accept = (challenge: string, more: Fields = {}) =>
  form({ login_challenge: challenge, user: 'ann', decision: 'accept', ...more })

const IMPLICIT: AdminWish = {
  schemes: [
    issuerScheme({
      flows: { ...ALL_FLOWS, implicit: { authorizationPath: '/oauth/authorize' } },
      settings: { refreshToken: true, allowedAuthorizeTypes: ['code', 'token'] },
    }),
  ],
}

for (const path of [
  AUTHORIZE,
  `${AUTHORIZE}/`,
  '/api/apis/pets/authorize-client',
  '/api/apis/pets/authorize-client/',
]) {
  test(`POST ${path} with the parameters of the request answers with a code that works`, async (t) => {
    const { call, token, services } = await adminApi(t)
    const answer = await call('POST', path, { body: form({ ...GOOD, user: 'ann' }) })
    t.is(answer.status, 200, answer.text)
    t.deepEqual(Object.keys(answer.json), ['code', 'redirect_to'])
    const back = new URL(String(answer.json['redirect_to']))
    t.is(back.origin + back.pathname, 'https://app.test/cb')
    t.is(back.searchParams.get('code'), String(answer.json['code']))
    t.is(back.searchParams.get('state'), 'xyz')
    t.is(back.searchParams.get('iss'), 'http://gateway.test/pets')
    const tokens = await token(redemption(String(answer.json['code'])))
    t.is(tokens.status, 200)
    t.is(tokens.json['scope'], 'read write')
    const principal = await services.accessTokens.find(String(tokens.json['access_token']))
    t.is(principal?.subject, 'ann')
  })
}

test('JSON does as well as a form, and without a user the client stands for itself', async (t) => {
  const { call, token, services } = await adminApi(t)
  const answer = await call('POST', AUTHORIZE, { body: { ...GOOD, meta_data: { plan: 'gold' } } })
  const tokens = await token(redemption(String(answer.json['code'])))
  const principal = await services.accessTokens.find(String(tokens.json['access_token']))
  t.is(principal?.subject, 'client:app')
  t.deepEqual(principal?.metadata, { plan: 'gold' })
})

test('RFC 6749 §4.1.2: a code lives as long as the scheme says, 60 seconds by default', async (t) => {
  const { call, token, clock } = await adminApi(t)
  const codes = await Promise.all(
    [0, 1].map(async () => (await call('POST', AUTHORIZE, { body: form(GOOD) })).json['code']),
  )
  await clock.advance(59_999)
  t.is((await token(redemption(String(codes[0])))).status, 200)
  await clock.advance(1)
  t.is((await token(redemption(String(codes[1])))).json['error'], 'invalid_grant')
})

for (const [what, body, error] of [
  ['no client', without(GOOD, 'client_id'), 'invalid_request'],
  ['an unknown client', { ...GOOD, client_id: 'nobody' }, 'invalid_client'],
  ['another redirect URI', { ...GOOD, redirect_uri: 'https://evil.test/cb' }, 'invalid_request'],
] as const) {
  test(`the parameters are checked again: ${what} is 400 without a way back`, async (t) => {
    const { call } = await adminApi(t)
    const answer = await call('POST', AUTHORIZE, { body: form(body) })
    t.is(answer.status, 400)
    t.is(answer.json['error'], error)
    t.is(answer.json['redirect_to'], undefined)
    t.is(answer.json['code'], undefined)
  })
}

for (const [what, body, error] of [
  ['no challenge', without(GOOD, 'code_challenge', 'code_challenge_method'), 'invalid_request'],
  ['an unknown scope', { ...GOOD, scope: 'all' }, 'invalid_scope'],
  ['a type that is not offered', { ...GOOD, response_type: 'token' }, 'unsupported_response_type'],
] as const) {
  test(`the parameters are checked again: ${what} is 400 with the way back for the browser`, async (t) => {
    const { call } = await adminApi(t)
    const answer = await call('POST', AUTHORIZE, { body: form(body) })
    t.is(answer.status, 400)
    const back = new URL(String(answer.json['redirect_to']))
    const sent = new URLSearchParams(back.search || back.hash.slice(1))
    t.deepEqual([sent.get('error'), sent.get('state'), sent.get('iss')], [error, 'xyz', 'http://gateway.test/pets'])
  })
}

test('a user is a name that can stand in a header, and never one that stands for a client', async (t) => {
  const { call } = await adminApi(t)
  for (const user of ['a\r\nX-Admin: 1', ' ann', 'ann ', '\u0000', 'client:app', 'x'.repeat(256), '\u202eann']) {
    const answer = await call('POST', AUTHORIZE, { body: form({ ...GOOD, user }) })
    t.is(answer.status, 400, JSON.stringify(user))
    t.is(answer.json['type'], 'urn:gatehouse:problem:invalid_user')
  }
  t.is((await call('POST', AUTHORIZE, { body: form({ ...GOOD, user: 'Jörg Müller' }) })).status, 200)
})

test('an accepted challenge gives a code for exactly what was checked, whatever else is sent', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  const altered = {
    response_type: 'token',
    client_id: 'other',
    redirect_uri: 'https://evil.test/cb',
    state: 'evil',
    code_challenge: 'A'.repeat(43),
    meta_data: '{"plan":"gold"}',
  }
  const answer = await world.call('POST', AUTHORIZE, { body: accept(challenge, altered) })
  t.is(answer.status, 200, answer.text)
  t.true(String(answer.json['redirect_to']).startsWith('https://app.test/cb?code=gac_'))
  t.is(new URL(String(answer.json['redirect_to'])).searchParams.get('state'), 'xyz')
  const tokens = await world.token({ ...redemption(String(answer.json['code'])), code_verifier: VERIFIER })
  t.is(tokens.json['scope'], 'read write')
  const principal = await world.services.accessTokens.find(String(tokens.json['access_token']))
  t.deepEqual([principal?.subject, principal?.clientId, principal?.metadata['plan']], ['ann', 'app', 'gold'])
})

test('scope may shrink with the decision, and never grow', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world, { scope: 'read' })
  for (const scope of ['read write', 'write', 'admin', '"', ' ']) {
    const refused = await world.call('POST', AUTHORIZE, { body: accept(challenge, { scope }) })
    t.is(refused.status, 400, scope)
    t.is(refused.json['type'], 'urn:gatehouse:problem:invalid_scope')
  }
  const both = await challengeFor(world)
  const answer = await world.call('POST', AUTHORIZE, { body: accept(both, { scope: 'write' }) })
  t.is((await world.token(redemption(String(answer.json['code'])))).json['scope'], 'write')
})

test('a denied challenge sends access_denied with state and iss, and is used up', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  const answer = await world.call('POST', AUTHORIZE, { body: form({ login_challenge: challenge, decision: 'deny' }) })
  t.is(answer.status, 200)
  t.deepEqual(Object.keys(answer.json), ['redirect_to'])
  const sent = new URL(String(answer.json['redirect_to'])).searchParams
  t.deepEqual(
    [sent.get('error'), sent.get('state'), sent.get('iss')],
    ['access_denied', 'xyz', 'http://gateway.test/pets'],
  )
  t.is((await world.call('POST', AUTHORIZE, { body: accept(challenge) })).status, 400)
})

test('a challenge works once, however many answer it at the same time', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, turn) =>
      world.call('POST', AUTHORIZE, {
        body: turn % 2 === 0 ? accept(challenge) : form({ login_challenge: challenge, decision: 'deny' }),
      }),
    ),
  )
  t.is(answers.filter(({ status }) => status === 200).length, 1)
  t.is(answers.filter(({ status }) => status === 400).length, 49)
})

test('an expired, foreign, altered or invented challenge is refused alike', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  const refusals = [
    await world.call('POST', '/api/apis/oauth/birds/authorize-client', { body: accept(challenge) }),
    await world.call('POST', '/api/apis/oauth/birds/authorize-client', {
      body: form({ login_challenge: challenge, decision: 'deny' }),
    }),
    await world.call('POST', AUTHORIZE, { body: accept(`${challenge.slice(0, -1)}x`) }),
    await world.call('POST', AUTHORIZE, { body: accept('glc_x') }),
    await world.call('POST', AUTHORIZE, { body: accept(await world.code()) }),
  ]
  await world.clock.advance(10 * 60_000)
  refusals.push(await world.call('POST', AUTHORIZE, { body: accept(challenge) }))
  for (const refusal of refusals) {
    t.is(refusal.status, 400)
    t.deepEqual(refusal.json, refusals[0]?.json)
    t.is(refusal.json['type'], 'urn:gatehouse:problem:invalid_login_challenge')
  }
})

test('a challenge is worth nothing once its client is gone or may no longer go back there', async (t) => {
  const world = await adminApi(t)
  const [moved, gone] = [await challengeFor(world), await challengeFor(world)]
  await world.call('PUT', '/api/apis/oauth/pets/app', { body: { redirect_uri: 'https://app.test/elsewhere' } })
  t.is((await world.call('POST', AUTHORIZE, { body: accept(moved) })).status, 400)
  await world.call('DELETE', '/api/apis/oauth/pets/app')
  t.is((await world.call('POST', AUTHORIZE, { body: accept(gone) })).status, 400)
})

test('a decision must be accept, with a user, or deny', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  for (const fields of [{}, { decision: 'maybe', user: 'ann' }, { user: 'ann' }, { decision: 'accept' }] as Fields[]) {
    const refused = await world.call('POST', AUTHORIZE, { body: form({ login_challenge: challenge, ...fields }) })
    t.is(refused.status, 422, JSON.stringify(fields))
  }
  t.is((await world.call('POST', AUTHORIZE, { body: accept(challenge) })).status, 200)
})

test('a consent page learns what was really asked for, as often as it wants', async (t) => {
  const world = await adminApi(t)
  await world.call('PUT', '/api/apis/oauth/pets/app', { body: { name: 'Shop', redirect_uri: 'https://app.test/cb' } })
  const challenge = await challengeFor(world)
  for (let turn = 0; turn < 2; turn++) {
    const shown = await world.call('GET', `${AUTHORIZE}?login_challenge=${challenge}`)
    t.is(shown.status, 200)
    t.is(shown.json['client_name'], 'Shop')
    t.is(shown.json['redirect_uri'], 'https://app.test/cb')
    t.deepEqual(shown.json['scopes'], [
      { name: 'read', description: 'may read' },
      { name: 'write', description: 'may write' },
    ])
  }
  t.is((await world.call('GET', `${AUTHORIZE}?login_challenge=glc_x`)).status, 400)
  t.is((await world.call('GET', AUTHORIZE)).status, 400)
})

test('RFC 6749 §4.2.2: response_type=token answers in the fragment, without a refresh token', async (t) => {
  const world = await adminApi(t, IMPLICIT)
  const direct = await world.call('POST', AUTHORIZE, { body: form({ ...GOOD, response_type: 'token', user: 'ann' }) })
  const challenge = await challengeFor(world, { response_type: 'token' })
  const decided = await world.call('POST', AUTHORIZE, { body: accept(challenge) })
  for (const answer of [direct, decided]) {
    t.is(answer.status, 200, answer.text)
    const back = new URL(String(answer.json['redirect_to']))
    const sent = new URLSearchParams(back.hash.slice(1))
    t.is(back.search, '')
    t.is(sent.get('access_token'), String(answer.json['access_token']))
    t.deepEqual([sent.get('token_type'), sent.get('expires_in'), sent.get('scope')], ['bearer', '3600', 'read write'])
    t.deepEqual(
      [sent.get('state'), sent.get('iss'), sent.get('refresh_token')],
      ['xyz', 'http://gateway.test/pets', null],
    )
    t.is(answer.json['refresh_token'], undefined)
    t.true(await world.alive(String(sent.get('access_token'))))
  }
  t.is((await world.call('POST', AUTHORIZE, { body: accept(challenge) })).status, 400)
  const denied = await challengeFor(world, { response_type: 'token' })
  const answer = await world.call('POST', AUTHORIZE, { body: form({ login_challenge: denied, decision: 'deny' }) })
  t.true(String(answer.json['redirect_to']).startsWith('https://app.test/cb#error=access_denied'))
})

test('repeated parameters and a broken JSON are 400, an unknown API is 404', async (t) => {
  const { call } = await adminApi(t)
  t.is((await call('POST', AUTHORIZE, { body: `${form(GOOD)}&client_id=app` })).status, 400)
  t.is((await call('POST', AUTHORIZE, { body: '{', headers: { 'content-type': 'application/json' } })).status, 400)
  t.is((await call('POST', AUTHORIZE, { body: [] })).status, 400)
  t.is((await call('POST', AUTHORIZE)).status, 400)
  t.is((await call('POST', '/api/apis/oauth/nothing/authorize-client', { body: form(GOOD) })).status, 404)
  t.is((await call('POST', AUTHORIZE, { body: form({ ...GOOD, meta_data: '[1]' }) })).status, 422)
})

test('decisions are audited without codes, challenges or tokens', async (t) => {
  const world = await adminApi(t)
  const challenge = await challengeFor(world)
  const answer = await world.call('POST', AUTHORIZE, { body: accept(challenge) })
  await world.call('GET', `${AUTHORIZE}?login_challenge=${challenge}`)
  const line = world.lines.find(({ audit }) => audit === true)
  t.deepEqual([line?.['action'], line?.['decision'], line?.['status']], ['authorize-client', 'accept', 200])
  t.false(new RegExp(`${challenge}|${String(answer.json['code'])}`).test(JSON.stringify(world.lines)))
})
