import test, { type ExecutionContext } from 'ava'
import type { Settings } from '../../src/config/settings.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

type Headers = Readonly<Record<string, string>>

async function served(t: ExecutionContext, settings: Partial<Settings>, requireHttps?: string) {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    paths: { '/open': { get: { security: [], responses: {} } } },
    components: {
      securitySchemes: { oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: '/token', scopes: {} } } } },
    },
    'x-gateway': {
      server: {
        listenPath: { value: '/shop/' },
        authentication: {
          enabled: true,
          securitySchemes: { oauth: { enabled: true } },
          ...(requireHttps === undefined ? {} : { requireHttps }),
        },
      },
      upstream: { url: upstream.url },
    },
  }
  const gateway = await gatewayFor(t, { documents: { 'shop.json': document }, settings })
  const { port } = new URL(gateway.localUrl)
  const url = `http://127.0.0.1:${port}/shop`
  const ask = async (path: string, headers: Headers = {}, method = 'GET') => {
    const answer = await fetch(url + path, { method, headers })
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
  }
  return { gateway, ask, token: (headers: Headers = {}) => ask('/token', headers, 'POST') }
}

const PUBLIC = { publicUrl: 'https://api.example.test' }
const BEHIND_PROXY = { ...PUBLIC, trustedProxies: ['127.0.0.0/8'] }

test('W15, RFC 6749 §3.2: behind a trusted proxy, what has not come by TLS gets no token and no answer of the API', async (t) => {
  const { ask, token } = await served(t, BEHIND_PROXY)
  for (const headers of [{}, { 'x-forwarded-proto': 'http' }, { forwarded: 'for=1.2.3.4;proto=http' }]) {
    const { status, json } = await token(headers)
    t.is(status, 400)
    t.is(json['error'], 'access_denied')
    t.is(json['error_description'], 'You must use HTTPS')
    t.is((await ask('/x', { ...headers, authorization: 'Bearer x' })).status, 400)
  }
  t.is((await ask('/open')).status, 200, 'what is public carries no credentials')
})

test('a trusted proxy that was reached by TLS says so in one header or the other', async (t) => {
  const { ask, token } = await served(t, BEHIND_PROXY)
  for (const headers of [
    { 'x-forwarded-proto': 'https' },
    { 'x-forwarded-proto': 'HTTPS, https' },
    { forwarded: 'for=1.2.3.4;proto=https' },
    { 'x-forwarded-proto': 'https', forwarded: 'for=1.2.3.4' },
  ]) {
    t.is((await token(headers)).json['error'], 'invalid_request', 'the grant_type is missing')
    t.is((await ask('/x', headers)).status, 401)
  }
  const forged = { 'x-forwarded-proto': 'https', forwarded: 'for=1.2.3.4;proto=http' }
  t.is((await token(forged)).json['error'], 'access_denied', 'a header of the client outweighs none of the proxy')
  t.is((await token({ 'x-forwarded-proto': 'https, http' })).json['error'], 'access_denied', 'one of them was not')
})

test('P13: nobody but a trusted proxy is believed, and the log says what is missing', async (t) => {
  const { gateway, token } = await served(t, { ...PUBLIC, trustedProxies: ['10.0.0.1'] })
  for (const _ of [1, 2]) t.is((await token({ 'x-forwarded-proto': 'https' })).json['error'], 'access_denied')
  const hints = gateway.log.filter(({ message }) => message.includes('--trusted-proxies'))
  t.is(hints.length, 1, 'once')
  t.is(hints[0]?.fields['proxy'], '127.0.0.1')
})

test('requireHttps: auto leaves alone what nobody has told of TLS; always and never are what they say', async (t) => {
  const codeOf = async (settings: Partial<Settings>, requireHttps?: string) =>
    (await (await served(t, settings, requireHttps)).token()).json['error']
  t.is(await codeOf({}), 'invalid_request')
  t.is(await codeOf(PUBLIC), 'invalid_request')
  t.is(await codeOf({}, 'always'), 'access_denied')
  t.is(await codeOf(BEHIND_PROXY, 'never'), 'invalid_request')
})
