import test from 'ava'
import { registerAgent } from '../_kit/agent.ts'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const CODE = { authorizationUrl: 'oauth/authorize', tokenUrl: 'oauth/token', scopes: {} }

test('RFC 8414 §3.3: behind a proxy the public URL decides what the documents say, never Host or X-Forwarded-Host', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    paths: {},
    components: { securitySchemes: { oauth: { type: 'oauth2', flows: { authorizationCode: CODE } } } },
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: {
          enabled: true,
          securitySchemes: { oauth: { enabled: true, authLoginRedirect: 'http://login.example/login' } },
        },
      },
      upstream: { url: upstream.url },
    },
  }
  const settings = { publicUrl: 'https://api.example', trustedProxies: ['127.0.0.1'] }
  const gateway = await gatewayFor(t, { documents: { 'pets.json': document }, settings })
  const { client } = await registerAgent(gateway.api('pets', '/pets'))
  const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' }
  const ask = (path: string) => fetch(gateway.localUrl + path, { headers, redirect: 'manual' })
  for (const path of [
    '/.well-known/oauth-authorization-server/pets',
    '/.well-known/openid-configuration/pets',
    '/pets/.well-known/openid-configuration',
    '/pets/.well-known/oauth-authorization-server',
    '/pets/.well-known/oauth-authorization-server/',
    '/.well-known/oauth-protected-resource/pets',
    '/pets/.well-known/oauth-protected-resource',
    '/pets/.well-known/oauth-protected-resource/',
  ]) {
    const text = await (await ask(path)).text()
    t.true(text.includes('"https://api.example/pets"'), path)
    if (path.includes('resource')) {
      const { resource } = JSON.parse(text) as { readonly resource: string }
      t.is(resource, `https://api.example/pets${path.endsWith('/') ? '/' : ''}`)
    }
    t.false(/evil|127\.0\.0\.1/.test(text), path)
  }
  t.regex((await ask('/pets/any')).headers.get('www-authenticate') ?? '', /"https:\/\/api\.example\/\.well-known/)
  const bad = `client_id=${client.clientId}&redirect_uri=${encodeURIComponent(client.redirectUri)}&response_type=x`
  const back = new URL((await ask(`/pets/oauth/authorize?${bad}`)).headers.get('location') ?? '')
  t.is(back.searchParams.get('iss'), 'https://api.example/pets')
})
