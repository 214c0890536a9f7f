import test from 'ava'
import { frontChannel, GOOD, isPage, location, returned, type Wish } from '../_kit/front-channel.ts'

test('RFC 6749 §4.1.1: a good request goes to the login page with its parameters and a challenge', async (t) => {
  const { ask } = await frontChannel(t)
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
  const { ask } = await frontChannel(t)
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
  const { ask } = await frontChannel(t, { settings: { authLoginRedirect: 'http://login.test/sign-in?theme=dark#top' } })
  const url = location(await ask({ login_challenge: 'mine', client_secret: 's3cret' }))
  t.is(url.searchParams.get('theme'), 'dark')
  t.is(url.hash, '#top')
  t.is(url.searchParams.getAll('login_challenge').length, 1)
  t.not(url.searchParams.get('login_challenge'), 'mine')
  t.false(url.href.includes('s3cret'))
})

test('a login page that is still a placeholder is answered as it stands', async (t) => {
  const { ask } = await frontChannel(t, {
    settings: { authLoginRedirect: 'http://<identity-server>/client-redirect-uri' },
  })
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
    const { ask } = await frontChannel(t)
    isPage(t, await ask(changes))
    isPage(t, await ask({ ...changes, response_type: 'bad' }))
    isPage(t, await ask(changes, { method: 'POST' }))
  })
}

test('RFC 6749 §3.1: a parameter sent twice is refused: in a page when a redirect would be made of it, else in a redirect', async (t) => {
  const { ask, askRaw } = await frontChannel(t)
  const good = new URLSearchParams(GOOD).toString()
  for (const name of Object.keys(GOOD)) {
    const answer = await askRaw(`${good}&${name}=x`)
    if (['client_id', 'redirect_uri', 'state'].includes(name)) isPage(t, answer, name)
    else t.is(returned(t, answer), 'invalid_request', name)
  }
  isPage(t, await askRaw(`${good}&redirect_uri=${encodeURIComponent(GOOD.redirect_uri)}`))
  isPage(t, await askRaw(`${good}&${'x=1&'.repeat(100)}`))
  t.is((await ask()).status, 307)
})

test('a client of another API sees the same page as an unknown one', async (t) => {
  const foreign = await frontChannel(t, {}, { apis: ['other'] })
  const none = await frontChannel(t, {}, { clientId: 'somebody-else' })
  const [a, b] = [await foreign.ask(), await none.ask()]
  isPage(t, a)
  t.deepEqual(a, b)
})

test('an error page shows nothing that was sent', async (t) => {
  const { ask } = await frontChannel(t)
  const response = await ask({ client_id: '<script>alert(1)</script>', redirect_uri: 'https://evil.test/"><b>' })
  isPage(t, response)
  t.false(/script>alert|evil/.test(response.body ?? ''))
})

test('RFC 6749 §3.1.2.3: the redirect URI may be left out only when one is registered', async (t) => {
  const one = await frontChannel(t)
  t.is((await one.ask({ redirect_uri: undefined })).status, 307)
  t.is(returned(t, await one.ask({ redirect_uri: '', response_type: 'x' })), 'unsupported_response_type')
  const two = await frontChannel(t, {}, { redirectUris: ['https://app.test/cb', 'https://app.test/cb2'] })
  isPage(t, await two.ask({ redirect_uri: undefined }))
  t.is((await two.ask({ redirect_uri: 'https://app.test/cb2' })).status, 307)
  const none = await frontChannel(t, {}, { redirectUris: [] })
  isPage(t, await none.ask({ redirect_uri: undefined }))
})

test('RFC 8252 §7.3: a native application may listen on any loopback port', async (t) => {
  const { ask } = await frontChannel(t, {}, { redirectUris: ['http://127.0.0.1/cb'] })
  t.is((await ask({ redirect_uri: 'http://127.0.0.1:49152/cb' })).status, 307)
  isPage(t, await ask({ redirect_uri: 'http://127.0.0.1:49152/other' }))
})
