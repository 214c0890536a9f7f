import test from 'ava'
import fc from 'fast-check'
import { pooledRandom } from '../../src/core/random.ts'
import { authorizeEndpoint } from '../../src/oauth/endpoints/authorize.ts'
import { parametersOf } from '../../src/oauth/http.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { handClock } from '../_kit/clock.ts'
import { CHALLENGE, frontChannel, GOOD, isPage, location, returned, type Wish } from '../_kit/front-channel.ts'
import { issuerApi, issuerScheme } from '../_kit/issuer-api.ts'

const ERRORS: Readonly<Record<string, readonly [Wish, string]>> = {
  'no response type': [{ response_type: undefined }, 'invalid_request'],
  'an unknown response type': [{ response_type: 'id_token' }, 'unsupported_response_type'],
  'an unknown scope': [{ scope: 'read admin' }, 'invalid_scope'],
  'a malformed scope': [{ scope: 'read "x"' }, 'invalid_scope'],
  'no challenge': [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
  'a method without a challenge': [{ code_challenge: undefined }, 'invalid_request'],
  'a challenge without a method, which means plain': [{ code_challenge_method: undefined }, 'invalid_request'],
  'the plain method': [{ code_challenge_method: 'plain' }, 'invalid_request'],
  'a method in lower case': [{ code_challenge_method: 's256' }, 'invalid_request'],
  'a challenge of 42 characters': [{ code_challenge: CHALLENGE.slice(1) }, 'invalid_request'],
  'a challenge of 44 characters': [{ code_challenge: `${CHALLENGE}A` }, 'invalid_request'],
  'a padded challenge': [{ code_challenge: `${CHALLENGE.slice(1)}=` }, 'invalid_request'],
  'a request object': [{ request: 'e30.e30.' }, 'request_not_supported'],
  'a request URI': [{ request_uri: 'https://evil.test/x' }, 'request_uri_not_supported'],
  'a form post answer': [{ response_mode: 'form_post' }, 'invalid_request'],
  'another resource': [{ resource: 'http://gateway.test/other' }, 'invalid_target'],
}
for (const [what, [changes, error]] of Object.entries(ERRORS)) {
  test(`RFC 6749 §4.1.2.1: ${what} goes back to the client as ${error} with state and iss`, async (t) => {
    const { ask } = await frontChannel(t)
    t.is(returned(t, await ask(changes)), error)
  })
}

test('RFC 6749 §4.2.2.1: errors of the implicit flow stand in the fragment', async (t) => {
  const { ask } = await frontChannel(t)
  t.is(returned(t, await ask({ response_type: 'token' }), 'fragment'), 'unsupported_response_type')
  const both = await frontChannel(t, {
    settings: { allowedAuthorizeTypes: ['code', 'token'] },
    flows: { implicit: { authorizationPath: '/oauth/authorize' } },
  })
  t.is(returned(t, await both.ask({ response_type: 'token', scope: 'x' }), 'fragment'), 'invalid_scope')
  t.is((await both.ask({ response_type: 'token', code_challenge: undefined })).status, 307)
  t.is(returned(t, await both.ask({ response_type: 'code' })), 'unsupported_response_type')
})

test('response_type=token needs the implicit flow as well as the switch', async (t) => {
  const declared = await frontChannel(t, { flows: { implicit: { authorizationPath: '/oauth/authorize' } } })
  isPage(t, await declared.ask({ response_type: 'token' })) // nothing at all is offered here
  const allowed = await frontChannel(t, { settings: { allowedAuthorizeTypes: ['code', 'token'] } })
  t.is(returned(t, await allowed.ask({ response_type: 'token' }), 'fragment'), 'unsupported_response_type')
})

test('RFC 6749 §4.1.2.1: a client that may not use the grant gets unauthorized_client', async (t) => {
  const { ask } = await frontChannel(t, {}, { grantTypes: ['client_credentials'] })
  t.is(returned(t, await ask()), 'unauthorized_client')
})

test('a client gets no scope beyond its own', async (t) => {
  const { ask } = await frontChannel(t, {}, { scopes: ['read'] })
  t.is(returned(t, await ask({ scope: 'write' })), 'invalid_scope')
  t.is((await ask({ scope: 'read' })).status, 307)
})

test('RFC 7636: PKCE is required of everyone, of public clients, or of nobody, as the scheme says', async (t) => {
  const bare = { code_challenge: undefined, code_challenge_method: undefined }
  const forPublic = { settings: { pkce: 'public' } }
  t.is((await (await frontChannel(t, forPublic, { type: 'confidential' })).ask(bare)).status, 307)
  t.is(returned(t, await (await frontChannel(t, forPublic, { type: 'public' })).ask(bare)), 'invalid_request')
  t.is((await (await frontChannel(t, { settings: { pkce: 'optional' } }, { type: 'public' })).ask(bare)).status, 307)
  const optional = await frontChannel(t, { settings: { pkce: 'optional' } })
  t.is(returned(t, await optional.ask({ code_challenge_method: 'plain' })), 'invalid_request')
})

test('RFC 8707 §2: the API itself is its only resource, with or without a slash, once or twice', async (t) => {
  const { ask, askRaw } = await frontChannel(t)
  t.is((await ask({ resource: 'http://gateway.test/pets' })).status, 307)
  const good = new URLSearchParams(GOOD).toString()
  const both = 'resource=http%3A%2F%2Fgateway.test%2Fpets%2F&resource=http%3A%2F%2Fgateway.test%2Fpets'
  t.is((await askRaw(`${good}&${both}`)).status, 307)
})

test('of several schemes at one URL the one that knows the scopes is used', async (t) => {
  const schemes = [
    issuerScheme({ name: 'first', scopes: ['read'], settings: { authLoginRedirect: 'http://login.test/first' } }),
    issuerScheme({ name: 'second', scopes: ['write'], settings: { authLoginRedirect: 'http://login.test/second' } }),
    issuerScheme({
      name: 'third',
      flows: { implicit: { authorizationPath: '/oauth/authorize' } },
      settings: { allowedAuthorizeTypes: ['token'], authLoginRedirect: 'http://login.test/third' },
    }),
  ]
  const { ask } = await frontChannel(t, schemes)
  t.is(location(await ask({ scope: 'read' })).pathname, '/first')
  t.is(location(await ask({ scope: 'write' })).pathname, '/second')
  t.is(location(await ask({})).pathname, '/first')
  t.is(location(await ask({ response_type: 'token' })).pathname, '/third')
  t.is(returned(t, await ask({ scope: 'read write' })), 'invalid_scope')
})

test('a URL offers only what is declared at it', async (t) => {
  const { ask } = await frontChannel(t, {
    flows: { authorizationCode: { authorizationPath: '/auth', tokenPath: '/token' } },
  })
  isPage(t, await ask())
  t.is((await ask({}, { path: '/auth' })).status, 307)
})

test('a store that does not answer is temporarily_unavailable, never an unknown client', async (t) => {
  const down = () => Promise.reject(new StoreUnavailable('down'))
  const { ask } = await frontChannel(t, {}, {}, (store) => ({ ...store, commit: down }))
  t.is(returned(t, await ask()), 'temporarily_unavailable')
  const clients = { find: down, close() {} }
  const request = {
    method: 'GET',
    headers: {},
    query: parametersOf(Object.entries(GOOD)),
    body: undefined,
    address: '',
  }
  const clock = handClock()
  const deps = { clients, store: openMemoryStore({ clock }), clock, random: pooledRandom() }
  const page = await authorizeEndpoint(request, issuerApi(), '/oauth/authorize', deps)
  t.is(page.status, 503)
  t.truthy(page.headers['retry-after'])
})

test('no parameter makes the endpoint fail or put a line break into a header', async (t) => {
  const { ask, askRaw } = await frontChannel(t)
  const names = ['response_type', 'client_id', 'redirect_uri', 'scope', 'state', 'code_challenge', 'resource', 'x']
  await t.notThrowsAsync(() =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), fc.string({ unit: 'binary' }), async (name, value) => {
        const response = await ask({ [name]: value })
        return [303, 307, 400].includes(response.status) && !/[\r\n]/.test(response.headers['location'] ?? '')
      }),
      { numRuns: 300 },
    ),
  )
  await t.notThrowsAsync(() =>
    fc.assert(
      fc.asyncProperty(fc.string(), async (query) => (await askRaw(query)).status === 400),
      { numRuns: 200 },
    ),
  )
})
