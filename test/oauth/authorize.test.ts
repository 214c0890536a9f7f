import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import type { Api, SecurityScheme } from '../../src/api/api.ts'
import { pooledRandom } from '../../src/core/random.ts'
import { createClientDirectory } from '../../src/oauth/clients/client-directory.ts'
import { authorizeEndpoint } from '../../src/oauth/endpoints/authorize.ts'
import { type OAuthResponse, parametersOf, parseForm } from '../../src/oauth/http.ts'
import type { ClientRecord } from '../../src/oauth/records/client.ts'
import { openMemoryStore } from '../../src/store/memory.ts'
import { type Store, StoreUnavailable } from '../../src/store/store.ts'
import { handClock } from '../_kit/clock.ts'
import { issuerApi, issuerScheme, registeredClient, type SchemeWish } from '../_kit/issuer-api.ts'

const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' // RFC 7636 appendix B
const GOOD = {
  response_type: 'code',
  client_id: 'app',
  redirect_uri: 'https://app.test/cb',
  state: 'a b&c',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
}
type Wish = Readonly<Record<string, string | undefined>>

interface World {
  readonly api: Api
  readonly store: Store
  /** Sends `GOOD` with these changes (undefined leaves one out), by GET unless said otherwise. */
  ask(changes?: Wish, more?: { readonly method?: string; readonly path?: string }): Promise<OAuthResponse>
  askRaw(query: string): Promise<OAuthResponse>
}

async function world(
  t: ExecutionContext,
  wish: SchemeWish | readonly SecurityScheme[] = {},
  client: Partial<ClientRecord> = {},
  wrap: (store: Store) => Store = (store) => store,
): Promise<World> {
  const clock = handClock()
  const store = openMemoryStore({ clock })
  await registeredClient(store, client)
  const seen = wrap(store)
  const clients = createClientDirectory({ store, clock })
  t.teardown(() => clients.close())
  const deps = { store: seen, clock, random: pooledRandom(), clients }
  const api = issuerApi('length' in wish ? wish : [issuerScheme(wish)])
  const send = (method: string, text: string, path: string) => {
    const inQuery = method !== 'POST'
    const request = {
      method,
      headers: {},
      query: parseForm(inQuery ? text : ''),
      body: inQuery ? undefined : parseForm(text),
      address: '127.0.0.1',
    }
    return authorizeEndpoint(request, api, path, deps)
  }
  return {
    api,
    store,
    askRaw: (query) => send('GET', query, '/oauth/authorize'),
    ask(changes = {}, { method = 'GET', path = '/oauth/authorize' } = {}) {
      const entries = Object.entries({ ...GOOD, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      )
      return send(method, new URLSearchParams(entries).toString(), path)
    },
  }
}

function location(response: OAuthResponse): URL {
  return new URL(response.headers['location'] ?? '')
}

/** The error that went back to the client. */
function returned(t: ExecutionContext, response: OAuthResponse, place: 'query' | 'fragment' = 'query'): string | null {
  t.is(response.status, 303)
  const url = location(response)
  t.is(url.origin + url.pathname, 'https://app.test/cb')
  const answer = new URLSearchParams(place === 'query' ? url.search : url.hash.slice(1))
  t.is(answer.get('state'), 'a b&c')
  t.is(answer.get('iss'), 'http://gateway.test/pets')
  t.is(place === 'query' ? url.hash : url.search, '')
  t.is(answer.get('code'), null)
  return answer.get('error')
}

function isPage(t: ExecutionContext, response: OAuthResponse, message?: string): void {
  t.is(response.status, 400, message)
  t.is(response.headers['location'], undefined, message)
  t.is(response.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'")
  t.is(response.headers['referrer-policy'], 'no-referrer')
  t.is(response.headers['cache-control'], 'no-store')
  t.regex(response.headers['content-type'] ?? '', /^text\/html/)
}

test('RFC 6749 §4.1.1: a good request goes to the login page with its parameters and a challenge', async (t) => {
  const { ask } = await world(t)
  const response = await ask({ scope: 'read write', ui_locales: 'de' })
  t.is(response.status, 307)
  t.is(response.headers['cache-control'], 'no-store')
  const url = location(response)
  t.is(url.origin + url.pathname, 'http://login.test/sign-in')
  for (const [name, value] of Object.entries({ ...GOOD, scope: 'read write', ui_locales: 'de' })) {
    t.is(url.searchParams.get(name), value, name)
  }
  t.regex(url.searchParams.get('login_challenge') ?? '', /^glc_[A-Za-z0-9_-]{70}$/)
})

test('RFC 6749 §3.1: POST sends the same parameters in the form, and only there', async (t) => {
  const { ask } = await world(t)
  const response = await ask({}, { method: 'POST' })
  t.is(response.status, 307)
  t.is(location(response).searchParams.get('client_id'), 'app')
  for (const method of ['HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
    const refused = await ask({}, { method })
    t.is(refused.status, 405)
    t.is(refused.headers['allow'], 'GET, POST')
  }
})

test('a query of the login page stays, and what a client must not choose is not passed on', async (t) => {
  const { ask } = await world(t, { settings: { authLoginRedirect: 'http://login.test/sign-in?theme=dark#top' } })
  const url = location(await ask({ login_challenge: 'mine', client_secret: 's3cret' }))
  t.is(url.searchParams.get('theme'), 'dark')
  t.is(url.hash, '#top')
  t.is(url.searchParams.getAll('login_challenge').length, 1)
  t.not(url.searchParams.get('login_challenge'), 'mine')
  t.false(url.href.includes('s3cret'))
})

test('a login page that is still a placeholder is answered as it stands', async (t) => {
  const { ask } = await world(t, { settings: { authLoginRedirect: 'http://<identity-server>/client-redirect-uri' } })
  const response = await ask()
  t.is(response.status, 307)
  t.true(response.headers['location']?.startsWith('http://<identity-server>/client-redirect-uri?response_type=code&'))
})

const UNSAFE: Readonly<Record<string, Wish>> = {
  'no client': { client_id: undefined },
  'an empty client': { client_id: '' },
  'an unknown client': { client_id: 'nobody' },
  'a client id that is far too long': { client_id: 'x'.repeat(5000) },
  'another host': { redirect_uri: 'https://app.test.evil.test/cb' },
  'user information': { redirect_uri: 'https://app.test@evil.test/cb' },
  'a longer path': { redirect_uri: 'https://app.test/cb/x' },
  'a path that climbs': { redirect_uri: 'https://app.test/cb/../x' },
  'a trailing slash': { redirect_uri: 'https://app.test/cb/' },
  'a query': { redirect_uri: 'https://app.test/cb?x=1' },
  'a fragment': { redirect_uri: 'https://app.test/cb#x' },
  'another case': { redirect_uri: 'https://APP.test/cb' },
  'a backslash': { redirect_uri: 'https://app.test\\cb' },
  'a line break': { redirect_uri: 'https://app.test/cb\r\nX: y' },
  'a script': { redirect_uri: 'javascript:alert(1)' },
}
for (const [what, changes] of Object.entries(UNSAFE)) {
  test(`RFC 6749 §4.1.2.1: ${what} ends in a page, never in a redirect`, async (t) => {
    const { ask } = await world(t)
    isPage(t, await ask(changes))
    isPage(t, await ask({ ...changes, response_type: 'bad' }))
    isPage(t, await ask(changes, { method: 'POST' }))
  })
}

test('RFC 6749 §3.1: a parameter sent twice ends in a page', async (t) => {
  const { ask, askRaw } = await world(t)
  const good = new URLSearchParams(GOOD).toString()
  for (const name of Object.keys(GOOD)) isPage(t, await askRaw(`${good}&${name}=x`), name)
  isPage(t, await askRaw(`${good}&redirect_uri=${encodeURIComponent(GOOD.redirect_uri)}`))
  isPage(t, await askRaw(`${good}&${'x=1&'.repeat(100)}`))
  t.is((await ask()).status, 307)
})

test('a client of another API sees the same page as an unknown one', async (t) => {
  const foreign = await world(t, {}, { apis: ['other'] })
  const none = await world(t, {}, { clientId: 'somebody-else' })
  const [a, b] = [await foreign.ask(), await none.ask()]
  isPage(t, a)
  t.deepEqual(a, b)
})

test('an error page shows nothing that was sent', async (t) => {
  const { ask } = await world(t)
  const response = await ask({ client_id: '<script>alert(1)</script>', redirect_uri: 'https://evil.test/"><b>' })
  isPage(t, response)
  t.false(/script>alert|evil/.test(response.body ?? ''))
})

test('RFC 6749 §3.1.2.3: the redirect URI may be left out only when one is registered', async (t) => {
  const one = await world(t)
  t.is((await one.ask({ redirect_uri: undefined })).status, 307)
  t.is(returned(t, await one.ask({ redirect_uri: '', response_type: 'x' })), 'unsupported_response_type')
  const two = await world(t, {}, { redirectUris: ['https://app.test/cb', 'https://app.test/cb2'] })
  isPage(t, await two.ask({ redirect_uri: undefined }))
  t.is((await two.ask({ redirect_uri: 'https://app.test/cb2' })).status, 307)
  const none = await world(t, {}, { redirectUris: [] })
  isPage(t, await none.ask({ redirect_uri: undefined }))
})

test('RFC 8252 §7.3: a native application may listen on any loopback port', async (t) => {
  const { ask } = await world(t, {}, { redirectUris: ['http://127.0.0.1/cb'] })
  t.is((await ask({ redirect_uri: 'http://127.0.0.1:49152/cb' })).status, 307)
  isPage(t, await ask({ redirect_uri: 'http://127.0.0.1:49152/other' }))
})

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
    const { ask } = await world(t)
    t.is(returned(t, await ask(changes)), error)
  })
}

test('RFC 6749 §4.2.2.1: errors of the implicit flow stand in the fragment', async (t) => {
  const { ask } = await world(t)
  t.is(returned(t, await ask({ response_type: 'token' }), 'fragment'), 'unsupported_response_type')
  const both = await world(t, {
    settings: { allowedAuthorizeTypes: ['code', 'token'] },
    flows: { implicit: { authorizationPath: '/oauth/authorize' } },
  })
  t.is(returned(t, await both.ask({ response_type: 'token', scope: 'x' }), 'fragment'), 'invalid_scope')
  t.is((await both.ask({ response_type: 'token', code_challenge: undefined })).status, 307)
  t.is(returned(t, await both.ask({ response_type: 'code' })), 'unsupported_response_type')
})

test('response_type=token needs the implicit flow as well as the switch', async (t) => {
  const declared = await world(t, { flows: { implicit: { authorizationPath: '/oauth/authorize' } } })
  isPage(t, await declared.ask({ response_type: 'token' })) // nothing at all is offered here
  const allowed = await world(t, { settings: { allowedAuthorizeTypes: ['code', 'token'] } })
  t.is(returned(t, await allowed.ask({ response_type: 'token' }), 'fragment'), 'unsupported_response_type')
})

test('RFC 6749 §4.1.2.1: a client that may not use the grant gets unauthorized_client', async (t) => {
  const { ask } = await world(t, {}, { grantTypes: ['client_credentials'] })
  t.is(returned(t, await ask()), 'unauthorized_client')
})

test('a client gets no scope beyond its own', async (t) => {
  const { ask } = await world(t, {}, { scopes: ['read'] })
  t.is(returned(t, await ask({ scope: 'write' })), 'invalid_scope')
  t.is((await ask({ scope: 'read' })).status, 307)
})

test('RFC 7636: PKCE is required of everyone, of public clients, or of nobody, as the scheme says', async (t) => {
  const bare = { code_challenge: undefined, code_challenge_method: undefined }
  const forPublic = { settings: { pkce: 'public' } }
  t.is((await (await world(t, forPublic, { type: 'confidential' })).ask(bare)).status, 307)
  t.is(returned(t, await (await world(t, forPublic, { type: 'public' })).ask(bare)), 'invalid_request')
  t.is((await (await world(t, { settings: { pkce: 'optional' } }, { type: 'public' })).ask(bare)).status, 307)
  const optional = await world(t, { settings: { pkce: 'optional' } })
  t.is(returned(t, await optional.ask({ code_challenge_method: 'plain' })), 'invalid_request')
})

test('RFC 8707 §2: the API itself is its only resource, with or without a slash, once or twice', async (t) => {
  const { ask, askRaw } = await world(t)
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
  const { ask } = await world(t, schemes)
  t.is(location(await ask({ scope: 'read' })).pathname, '/first')
  t.is(location(await ask({ scope: 'write' })).pathname, '/second')
  t.is(location(await ask({})).pathname, '/first')
  t.is(location(await ask({ response_type: 'token' })).pathname, '/third')
  t.is(returned(t, await ask({ scope: 'read write' })), 'invalid_scope')
})

test('a URL offers only what is declared at it', async (t) => {
  const { ask } = await world(t, { flows: { authorizationCode: { authorizationPath: '/auth', tokenPath: '/token' } } })
  isPage(t, await ask())
  t.is((await ask({}, { path: '/auth' })).status, 307)
})

test('a store that does not answer is temporarily_unavailable, never an unknown client', async (t) => {
  const down = () => Promise.reject(new StoreUnavailable('down'))
  const { ask } = await world(t, {}, {}, (store) => ({ ...store, commit: down }))
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
  const { ask, askRaw } = await world(t)
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
