import test from 'ava'
import fc from 'fast-check'
import { adminApi } from '../_kit/admin-api.ts'

const CALLS = [
  ['POST', '/api/apis/oauth/pets'],
  ['PUT', '/api/apis/oauth/pets/app'],
  ['POST', '/api/apis/oauth/pets/app/rotate'],
  ['POST', '/api/apis/oauth/pets/authorize-client'],
  ['POST', '/api/apis/oauth/app/revoke'],
  ['POST', '/api/users'],
  ['POST', '/api/keys'],
] as const

const NAMES = [
  'client_id',
  'redirect_uri',
  'redirect_uris',
  'meta_data',
  'scope',
  'scopes',
  'login_challenge',
  'decision',
  'user',
  'apis',
  'grace',
  'token',
  'username',
  'password',
  'name',
  'role',
  '__proto__',
  'constructor',
]
const body = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.dictionary(fc.constantFrom(...NAMES), fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())),
  fc.jsonValue().map((value) => JSON.stringify(value)),
)

test('whatever is sent to the admin API, the answer is never a 5xx', async (t) => {
  const { call } = await adminApi(t)
  const types = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'application/x+json',
    'a/b',
    'x',
  )
  const property = fc.asyncProperty(fc.constantFrom(...CALLS), body, types, async ([method, path], sent, type) => {
    const text = typeof sent === 'string' ? sent : JSON.stringify(sent)
    const answer = await call(method, path, { body: text, headers: { 'content-type': type } })
    return answer.status < 500
  })
  await t.notThrowsAsync(() => fc.assert(property, { numRuns: 600 }))
})

test('whatever a path or a query looks like, the answer is never a 5xx', async (t) => {
  const { call } = await adminApi(t)
  const piece = fc.oneof(
    fc.constantFrom('api', 'apis', 'oauth', 'users', 'keys', '..', '%2e', '%00', '%zz', ''),
    fc.webPath(),
  )
  const property = fc.asyncProperty(
    fc.array(piece, { maxLength: 6 }),
    fc.webQueryParameters(),
    async (pieces, query) => {
      const answer = await call('GET', `/${pieces.join('/')}?${query}`)
      return answer.status < 500
    },
  )
  await t.notThrowsAsync(() => fc.assert(property, { numRuns: 400 }))
})
