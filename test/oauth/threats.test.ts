import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import * as oauth from 'oauth4webapi'
import { dispatch } from '../../src/oauth/dispatch.ts'
import { parseForm } from '../../src/oauth/http.ts'
import { mintToken, newGrantId } from '../../src/oauth/tokens/token-format.ts'
import type { Store } from '../../src/store/store.ts'
import { ALL_FLOWS, APP, answerOf, backChannel, basicHeader, redemption } from '../_kit/back-channel.ts'
import { issuerApi, issuerScheme } from '../_kit/issuer-api.ts'

/**
 * Threats to an authorization server, and the tests that stand against each: the beginning of their titles. Here are those
 * that belong to no single part; the last test proves that the others exist.
 */
const THREATS: Readonly<Record<string, readonly string[]>> = {
  'code injection and interception': [
    'a code of another client is refused',
    'a code of another API or another scheme is refused',
    'RFC 7636 §4.6: a verifier that does not match gets invalid_grant and burns the code',
    'a code expires at its instant',
  ],
  'code replay, in parallel': ['of 50 redemptions of one code one succeeds, and what it issued is dead'],
  'PKCE downgrade': [
    'RFC 9700 §4.8.2: a missing verifier, and a verifier without a challenge, are refused',
    'a code that needed a challenge and lost it fails closed',
    'RFC 7636: PKCE is required of everyone',
  ],
  'redirect URI tricks': [
    'RFC 9700 §2.1: redirect URIs are compared as strings',
    'a redirect URI that software may read',
  ],
  'open redirectors': [
    'whatever an authorization request says, the browser is sent to the login page or a registered URI',
  ],
  'mix-up of issuers': ['a response of one API is refused by a client that expected another'],
  'framing, replay and forgery of a consent': [
    'a challenge works once, however many answer it at the same time',
    'an error page shows nothing that was sent',
    'an expired, foreign, altered or invented challenge is refused alike',
  ],
  'keys of identity servers': [
    'an identity server’s key can do nothing else',
    'a key of one API is no key of another',
    'a guesser is put off after ten different guesses',
    'an identity server’s key may call as often in a minute as it was made for',
    'RFC 6749 §2.3.1: a provision key in the query is refused, wherever it is sent',
  ],
  'parameters changed in between': [
    'an accepted challenge gives a code for exactly what was checked, whatever else is sent',
  ],
  'refresh replay and theft': [
    'after the grace window a used token is a replay: the family dies and receivers are told',
    'within the grace window a used token gets the very same answer',
    'a forged token of a known family changes nothing',
    'the scope never widens, and asking for more consumes nothing',
    '50 rotations of one refresh token within the grace window get one and the same answer',
  ],
  'oracles of existence': [
    'unknown client, wrong secret, public client with a secret and foreign client get the same answer',
    'an unknown client costs as much as a wrong secret',
  ],
  'brute force': [
    'guessing tokens and codes asks the store for nothing',
    'who guesses a client’s secret gets 429 with Retry-After',
    'a strange address that names a client spends nothing of that client',
    'the client itself is heard all the while',
  ],
  'huge and slow bodies': [
    'a body of more than 16 KiB gets 413 before it was read',
    'more than 64 parameters are refused',
  ],
  'calls to inner addresses': ['a jwks_uri that leads to this machine or a private address is never called'],
  'leaks into logs and the store': [
    'no token, code, secret or password reaches the log or the database file',
    'whatever happens, no token, code, secret or key stays in a log, a metric, an error or the database file',
  ],
  'confusion of APIs and of kinds': [
    'everything that one API has issued is worth nothing at another, and as another kind',
  ],
  'a client with the name of a user': [
    'a client whose id is the name of a user does not become that user',
    'a user is a name that can stand in a header, and never one that stands for a client',
  ],
  'JWT tricks': [
    'RFC 8725: no trick with the header, the signature or the claims makes a token',
    'RFC 8725: another key, another algorithm and a key in the header prove nothing',
    'of 50 parallel uses of one assertion one is good',
  ],
  'poisoned caches': [
    'a store that does not answer is not "invalid", and is asked again',
    'a mark that arrives while a token is looked up is not overlooked',
  ],
  'theft of the store': [
    'private keys are sealed in the store, and open under the master key alone',
    'the stored answer cannot be opened without the token that it answered',
  ],
  'reading answers from other origins': ['only the public client’s own origins may read the answer, errors too'],
}

const request = (method: string, text: string, headers = {}) => ({
  method,
  headers,
  query: parseForm(method === 'GET' ? text : ''),
  body: method === 'GET' ? undefined : parseForm(text),
  address: '192.0.2.7',
})

test('whatever an authorization request says, the browser is sent to the login page or a registered URI', async (t) => {
  const channel = await backChannel(t)
  const word = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.webUrl(),
    fc.constantFrom('//evil.test', 'https://app.test/cb', 'https://app.test@evil.test/cb', 'app', 'code', '\r\nx: y'),
  )
  const names = ['redirect_uri', 'client_id', 'response_type', 'state', 'login_challenge', 'authLoginRedirect', 'next']
  const pairs = fc.array(fc.tuple(fc.constantFrom(...names, 'return_to', 'request_uri', 'iss'), word), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(pairs, fc.constantFrom('GET', 'POST'), async (asked, method) => {
      const text = new URLSearchParams([['client_id', 'app'], ...asked] as [string, string][]).toString()
      const { status, headers } = await dispatch(
        request(method, text),
        channel.api,
        '/oauth/authorize',
        channel.services,
      )
      const to = headers['location']
      if (to === undefined) return status === 400 || status === 429
      const { origin, pathname } = new URL(to)
      return ['http://login.test/sign-in', 'https://app.test/cb'].includes(origin + pathname)
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 4000 },
  )
  t.pass()
})

test('a response of one API is refused by a client that expected another (RFC 9207)', async (t) => {
  const channel = await backChannel(t)
  const query = `client_id=app&response_type=x&state=s&redirect_uri=${encodeURIComponent('https://app.test/cb')}`
  const answer = await dispatch(request('GET', query), channel.api, '/oauth/authorize', channel.services)
  const back = new URL(answer.headers['location'] ?? '')
  const server = (issuer: string) => ({ issuer, authorization_response_iss_parameter_supported: true })
  const client = { client_id: 'app' }
  const wrong = t.throws(() => oauth.validateAuthResponse(server('http://gateway.test/toys'), client, back, 's'))
  t.regex(wrong?.message ?? '', /iss/)
  const right = t.throws(() => oauth.validateAuthResponse(server(channel.api.issuer), client, back, 's'))
  t.like(right, { error: 'unsupported_response_type' })
})

test('everything that one API has issued is worth nothing at another, and as another kind', async (t) => {
  const channel = await backChannel(t, { client: { apis: ['pets', 'toys'] } })
  const { services } = channel
  const schemes = [issuerScheme({ flows: ALL_FLOWS, settings: { refreshToken: true } })]
  const toys = issuerApi(schemes, { id: 'toys', issuer: 'http://gateway.test/toys' })
  const { access, refresh } = await channel.redeemed()
  const code = await channel.code()
  const at = async (path: string, fields: Record<string, string>, api = toys) => {
    const text = new URLSearchParams(fields).toString()
    return answerOf(await dispatch(request('POST', text, { authorization: basicHeader(APP) }), api, path, services))
  }
  const asCode = (text: string, api = toys) => at('/oauth/token', redemption(text) as Record<string, string>, api)
  const asRefresh = (token: string, api = toys) =>
    at('/oauth/token', { grant_type: 'refresh_token', refresh_token: token }, api)
  for (const text of [code, access, refresh]) {
    t.is((await asCode(text)).json['error'], 'invalid_grant')
    t.is((await asRefresh(text)).json['error'], 'invalid_grant')
    t.deepEqual((await at('/oauth/introspect', { token: text })).json, { active: false })
    t.is((await at('/oauth/revoke', { token: text })).status, 200)
  }
  const login = mintToken('login', newGrantId(services.random), services.random)
  for (const text of [access, refresh, login]) t.is((await asCode(text, channel.api)).json['error'], 'invalid_grant')
  for (const text of [access, code, login]) t.is((await asRefresh(text, channel.api)).json['error'], 'invalid_grant')
  for (const text of [refresh, code, login]) t.false(await channel.alive(text))
  t.true(await channel.alive(access))
  t.is((await asCode(code, channel.api)).status, 200)
  t.is((await asRefresh(refresh, channel.api)).status, 200)
})

test('guessing tokens and codes asks the store for nothing', async (t) => {
  const reads = { count: 0 }
  const wrap = (store: Store): Store => ({
    ...store,
    get(keys) {
      reads.count += 1
      return store.get(keys)
    },
  })
  const channel = await backChannel(t, { wrap })
  const { random, accessTokens } = channel.services
  const forged = mintToken('access', newGrantId(random), random)
  await channel.token({ grant_type: 'refresh_token', refresh_token: 'x' })
  reads.count = 0
  for (let count = 0; count < 10_000; count++) {
    const guess = forged.slice(0, 30) + random(32).toString('base64url') + forged.slice(-6)
    await accessTokens.find(guess)
    if (count % 10 > 0) continue
    await channel.refresh(`grt_${guess.slice(4)}`)
    await channel.token(redemption(`gac_${guess.slice(4)}`))
  }
  t.is(reads.count, 0)
})

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

test('every threat has the tests that are named here', (t) => {
  const folder = join(import.meta.dirname, '..')
  const texts = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.endsWith('threats.test.ts'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
  const own = readFileSync(import.meta.filename, 'utf8')
  const exists = (title: string): boolean =>
    [...texts, own.slice(own.indexOf('const request'))].some((text) =>
      new RegExp(`^ *test\\((?:'|\`(?:\\$\\{name\\}: )?)${escaped(title)}`, 'm').test(text),
    )
  const missing = Object.entries(THREATS).flatMap(([threat, titles]) =>
    titles.filter((title) => !exists(title)).map((title) => `${threat}: ${title}`),
  )
  t.deepEqual(missing, [])
})
