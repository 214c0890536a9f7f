import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { errorAnswer } from '../../../src/oauth/answer.ts'
import { parseBody } from '../../../src/oauth/body.ts'
import { dispatch } from '../../../src/oauth/dispatch.ts'
import { type OAuthRequest, parseForm } from '../../../src/oauth/http.ts'
import { APP, backChannel, basicHeader, SECRET } from '../../_kit/back-channel.ts'

/**
 * 10⁵ cases in all, as far as the time goes: a few seconds here, what `GATEHOUSE_FUZZ_SECONDS` says for each property in a
 * long run.
 */
const SECONDS = Number(process.env['GATEHOUSE_FUZZ_SECONDS'] ?? 2)
const RUNS = { numRuns: 25_000, interruptAfterTimeLimit: SECONDS * 1000 }

/** Runs a property and says in how many cases it held. */
async function holds<T>(t: ExecutionContext, property: fc.IAsyncProperty<T>): Promise<void> {
  t.timeout(SECONDS * 1000 + 60_000)
  const result = await fc.check(property, RUNS)
  t.false(result.failed, fc.defaultReportMessage(result) ?? '')
  t.log(`${result.numRuns} cases`)
}

const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 80 }), fc.constantFrom('app', SECRET, '', ' ', '%', '+'))
const NAMES = ['grant_type', 'code', 'refresh_token', 'scope', 'client_id', 'client_secret', 'username', 'password']
const GRANT_TYPES = ['authorization_code', 'client_credentials', 'password', 'refresh_token', '__proto__']
const pair = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES, 'token', 'code_verifier', 'redirect_uri', 'resource', '__proto__'), word),
  fc.tuple(fc.constant('grant_type'), fc.constantFrom(...GRANT_TYPES)),
  fc.tuple(word, word),
)
const authorization = fc.oneof(
  fc.constant(undefined),
  fc.constant(basicHeader(APP)),
  word.map((text) => `Basic ${text}`),
  fc.tuple(word, word).map(([id, secret]) => basicHeader(`${id}:${secret}`)),
  word,
)
const path = fc.constantFrom('/oauth/token', '/oauth/refresh', '/oauth/revoke', '/oauth/introspect')

test.serial('no header and no parameters lead to a 5xx, or to a token without the secret', async (t) => {
  const channel = await backChannel(t)
  await holds(
    t,
    fc.asyncProperty(path, authorization, fc.array(pair, { maxLength: 8 }), async (where, header, pairs) => {
      const body = parseForm(new URLSearchParams(pairs).toString())
      const headers = header === undefined ? {} : { authorization: header }
      const request: OAuthRequest = { method: 'POST', headers, query: parseForm(''), body, address: '' }
      const answer = await dispatch(request, channel.api, where, channel.services)
      const knowsSecret = header === basicHeader(APP) || body.get('client_secret') === SECRET
      return answer.status < 500 && (knowsSecret || answer.status >= 400)
    }),
  )
})

test.serial('no body of any type leads to a 5xx', async (t) => {
  const channel = await backChannel(t)
  const type = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'text/plain',
    '',
  )
  const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }), fc.constant('--x\r\n'), fc.constant('--x--\r\n'))
  await holds(
    t,
    fc.asyncProperty(type, text, async (contentType, content) => {
      const parsed = await parseBody({ 'content-type': contentType }, Buffer.from(content)).catch((error) => error)
      return !(parsed instanceof Error) || errorAnswer(parsed, channel.services).status < 500
    }),
  )
})

/** A text with a few of its characters changed, doubled, dropped, or replaced by something hostile. */
const mutated = (text: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.tuple(
        fc.nat(text.length),
        fc.nat(3),
        fc.constantFrom('', '.', '=', '%00', '\r\n', '#', '@', '\\', '..', 'é', '{}', 'eyJ'),
      ),
      {
        minLength: 1,
        maxLength: 4,
      },
    )
    .map((edits) => edits.reduce((all, [at, drop, put]) => all.slice(0, at) + put + all.slice(at + drop), text))

test.serial('no redirect URI leads to a 5xx, or the browser to anywhere that is not registered', async (t) => {
  const channel = await backChannel(t)
  const registered = 'https://app.test/cb'
  const uri = fc.oneof(mutated(registered), fc.webUrl(), fc.string({ unit: 'binary' }), fc.constant(registered))
  await holds(
    t,
    fc.asyncProperty(uri, word, async (redirectUri, state) => {
      const asked = { client_id: 'app', response_type: 'code', redirect_uri: redirectUri, state }
      const query = parseForm(new URLSearchParams(asked).toString())
      const request: OAuthRequest = { method: 'GET', headers: {}, query, body: undefined, address: '' }
      const { status, headers } = await dispatch(request, channel.api, '/oauth/authorize', channel.services)
      const to = headers['location']
      const isRegistered = redirectUri === registered || redirectUri === '' // RFC 6749 §3.1: empty is omitted
      return status < 500 && (to === undefined || (isRegistered && to.startsWith(`${registered}?`)))
    }),
  )
})

test.serial(
  'no access token and no assertion that is not ours leads to a 5xx, or to anything that is good',
  async (t) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const channel = await backChannel(t, { settings: { accessTokenFormat: 'jwt' } })
    await channel.addClient({ clientId: 'signer', secrets: [], jwks: { keys: [await exportJWK(publicKey)] } })
    const { access } = await channel.redeemed()
    const expires = Math.floor(channel.clock.now() / 1000) + 60
    const assertion = await new SignJWT({
      iss: 'signer',
      sub: 'signer',
      aud: channel.api.issuer,
      jti: 'x',
      exp: expires,
    })
      .setProtectedHeader({ alg: 'ES256' })
      .sign(privateKey)
    const part = fc.json().map((text) => Buffer.from(text).toString('base64url'))
    const jwt = fc.oneof(
      mutated(access),
      mutated(assertion),
      fc.tuple(part, part, fc.base64String()).map((parts) => parts.join('.')),
      word,
    )
    await holds(
      t,
      fc.asyncProperty(jwt, async (text) => {
        if (text === access || text === assertion) return true
        const inspected = await channel.post('/oauth/introspect', { token: text })
        const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
        const fields = { grant_type: 'client_credentials', client_assertion_type: type, client_assertion: text }
        const asked = await channel.token(fields, '')
        const known = inspected.status === 400 ? true : inspected.json['active'] === false
        return known && inspected.status < 500 && asked.status >= 400 && asked.status < 500
      }),
    )
  },
)
