import test from 'ava'
import { APP, backChannel, basicHeader, redemption, served } from '../_kit/back-channel.ts'

const PUBLIC = { type: 'public', secrets: [], redirectUris: ['https://spa.test/cb', 'com.app:/cb'] } as const

test('a browser may send the form of a token request', async (t) => {
  const url = await served(t, await backChannel(t))
  for (const path of ['/oauth/token', '/oauth/revoke', '/oauth/refresh']) {
    const response = await fetch(url + path, {
      method: 'OPTIONS',
      headers: { origin: 'https://spa.test', 'access-control-request-method': 'POST' },
    })
    t.is(response.status, 204)
    t.is(response.headers.get('access-control-allow-origin'), '*')
    t.is(response.headers.get('access-control-allow-methods'), 'POST')
    t.is(response.headers.get('access-control-allow-credentials'), null)
  }
})

test('only the public client’s own origins may read the answer, errors too', async (t) => {
  const channel = await backChannel(t, { client: PUBLIC })
  const url = await served(t, channel)
  const ask = async (origin: string, code: string) => {
    const body = new URLSearchParams({ client_id: 'app' })
    for (const [name, value] of Object.entries({ ...redemption(code) })) body.set(name, String(value))
    return fetch(`${url}/oauth/token`, { method: 'POST', body, headers: { origin } })
  }
  const good = await ask('https://spa.test', await channel.code())
  t.is(good.status, 200)
  t.is(good.headers.get('access-control-allow-origin'), 'https://spa.test')
  t.is(good.headers.get('vary'), 'Origin')
  const wrong = await ask('https://spa.test', 'x')
  t.is(wrong.status, 400)
  t.is(wrong.headers.get('access-control-allow-origin'), 'https://spa.test')
  for (const origin of ['https://evil.test', 'null', 'http://spa.test', 'https://spa.test.evil.test', 'com.app://']) {
    t.is((await ask(origin, 'x')).headers.get('access-control-allow-origin'), null, origin)
  }
})

test('no origin may read what a confidential client gets, nor the introspection of tokens', async (t) => {
  const url = await served(t, await backChannel(t, { client: { redirectUris: ['https://spa.test/cb'] } }))
  const headers = { origin: 'https://spa.test', authorization: basicHeader(APP) }
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'app' })
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body, headers })
  t.is(response.status, 200)
  t.is(response.headers.get('access-control-allow-origin'), null)
  const preflight = { origin: 'https://spa.test', 'access-control-request-method': 'POST' }
  const introspect = await fetch(`${url}/oauth/introspect`, { method: 'OPTIONS', headers: preflight })
  t.is(introspect.status, 405)
})
