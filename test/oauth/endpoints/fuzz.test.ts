import test from 'ava'
import fc from 'fast-check'
import { errorAnswer } from '../../../src/oauth/answer.ts'
import { parseBody } from '../../../src/oauth/body.ts'
import { dispatch } from '../../../src/oauth/dispatch.ts'
import { type OAuthRequest, parseForm } from '../../../src/oauth/http.ts'
import { APP, backChannel, basicHeader, SECRET } from '../../_kit/back-channel.ts'

const RUNS = { numRuns: 3000, interruptAfterTimeLimit: 5000 }
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

test('no header and no parameters lead to a 5xx, or to a token without the secret', async (t) => {
  const channel = await backChannel(t)
  await fc.assert(
    fc.asyncProperty(path, authorization, fc.array(pair, { maxLength: 8 }), async (where, header, pairs) => {
      const body = parseForm(new URLSearchParams(pairs).toString())
      const headers = header === undefined ? {} : { authorization: header }
      const request: OAuthRequest = { method: 'POST', headers, query: parseForm(''), body, address: '' }
      const answer = await dispatch(request, channel.api, where, channel.services)
      const knowsSecret = header === basicHeader(APP) || body.get('client_secret') === SECRET
      return answer.status < 500 && (knowsSecret || answer.status >= 400)
    }),
    RUNS,
  )
  t.pass()
})

test('no body of any type leads to a 5xx', async (t) => {
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
  await fc.assert(
    fc.asyncProperty(type, text, async (contentType, content) => {
      const parsed = await parseBody({ 'content-type': contentType }, Buffer.from(content)).catch((error) => error)
      return !(parsed instanceof Error) || errorAnswer(parsed, channel.services).status < 500
    }),
    RUNS,
  )
  t.pass()
})
