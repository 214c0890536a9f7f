import test, { type ExecutionContext } from 'ava'
import { headerSafe, identityHeaders } from '../../src/gateway/identity.ts'
import { planeBefore } from '../_kit/data-plane.ts'
import { issuerScheme, registeredClient } from '../_kit/issuer-api.ts'
import { rawRequest } from '../_kit/raw-http.ts'

const protectedPlane = (t: ExecutionContext) => {
  const scheme = issuerScheme()
  return planeBefore(t, { schemes: [scheme], operations: [{ security: [[{ scheme, scopes: [] }]] }] })
}

test('the upstream is told the client, the user and the scope, and nothing that is not so', async (t) => {
  const { url, token, upstream } = await protectedPlane(t)
  const call = async (bearer: string) => {
    await fetch(`${url}/pets/x`, { headers: { authorization: `Bearer ${bearer}` } })
    return upstream.last().headers
  }
  const user = await call(await token({ subject: 'ann', scope: ['read', 'write'] }))
  t.is(user['x-credential-identifier'], 'app')
  t.is(user['x-authenticated-userid'], 'ann')
  t.is(user['x-authenticated-scope'], 'read write')
  t.is(user['x-anonymous-consumer'], undefined)
  t.is(user['x-consumer-id'], undefined)
  const client = await call(await token({ scope: [] }))
  t.is(client['x-credential-identifier'], 'app')
  t.is(client['x-authenticated-userid'], undefined, 'a client that acts for itself is no user')
  t.is(client['x-authenticated-scope'], undefined)
})

test('a client whose id is the name of a user does not become that user', async (t) => {
  const { url, token, upstream, store } = await protectedPlane(t)
  await registeredClient(store, { clientId: 'ann' })
  await fetch(`${url}/pets/x`, { headers: { authorization: `Bearer ${await token({ clientId: 'ann' })}` } })
  t.is(upstream.last().headers['x-authenticated-userid'], undefined)
})

test('forged identity headers do not survive beside the true ones', async (t) => {
  const { url, token, upstream } = await protectedPlane(t)
  const bearer = await token({ subject: 'ann' })
  const forged = ['X-Authenticated-Userid', 'x_authenticated_userid', 'X-AUTHENTICATED-USERID', 'X-Consumer-Id']
  const lines = forged.map((name) => `${name}: admin\r\n`).join('')
  await rawRequest(url, `GET /pets/x HTTP/1.1\r\nHost: a\r\n${lines}Authorization: Bearer ${bearer}\r\n\r\n`)
  t.false(upstream.last().rawHeaders.includes('admin'))
  t.is(upstream.last().headers['x-authenticated-userid'], 'ann')
})

test('a subject cannot end its header, and reaches the upstream percent-encoded', async (t) => {
  const { url, token, upstream } = await protectedPlane(t)
  const subject = 'a\r\nX-Admin: 1\0jürgen 50%'
  const answer = await fetch(`${url}/pets/x`, { headers: { authorization: `Bearer ${await token({ subject })}` } })
  t.is(answer.status, 200)
  t.is(upstream.last().headers['x-admin'], undefined)
  t.is(decodeURIComponent(String(upstream.last().headers['x-authenticated-userid'])), subject)
})

test('different texts are different header values', (t) => {
  const texts = [
    'ann',
    ' ann',
    'ann ',
    'a n',
    'jürgen',
    'j%C3%BCrgen',
    'j%25C3',
    '\n',
    '%0A',
    '😀',
    'a\u0301',
    'á',
    ' ',
    '  ',
  ]
  const values = texts.map(headerSafe)
  t.is(new Set(values).size, texts.length)
  for (const value of values) t.regex(value, /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/)
  t.is(headerSafe('plain text, really: "yes"'), 'plain text, really: "yes"')
  t.notThrows(() => headerSafe('\ud800'))
})

test('a consumer is told by id, custom id and name', (t) => {
  const principal = {
    consumer: { id: 'c1', customId: 'x9', username: 'ann' },
    scope: new Set<string>(),
    policies: [],
    metadata: {},
  }
  t.deepEqual(identityHeaders(principal), [
    'X-Consumer-Id',
    'c1',
    'X-Consumer-Custom-Id',
    'x9',
    'X-Consumer-Username',
    'ann',
  ])
  t.is(identityHeaders(principal), identityHeaders(principal), 'made once')
})
