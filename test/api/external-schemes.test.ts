import test from 'ava'
import type { ExternalScheme } from '../../src/api/api.ts'
import { compiled, petStore, problems } from './compiled.ts'

const ELSEWHERE = {
  clientCredentials: { tokenUrl: 'https://login.test/token', scopes: { read: 'Read' } },
}
const jwt = { issuer: 'https://login.test', audience: 'pets' }

const document = (settings: object, scheme: object = { type: 'oauth2', flows: ELSEWHERE }): object =>
  petStore({ declared: { oauth: scheme }, schemes: { oauth: { enabled: true, ...settings } } })

const external = (settings: object, scheme?: object): ExternalScheme | undefined => {
  const found = compiled(document(settings, scheme)).api?.securitySchemes.get('oauth')
  return found?.kind === 'external' ? found : undefined
}

test('an oauth2 scheme of another server is external as soon as there is a way to check its tokens', (t) => {
  t.is(external({}), undefined)
  t.deepEqual(problems(document({})), ['GW3102'])
  t.deepEqual(external({ jwt })?.jwt?.issuers, [{ issuer: 'https://login.test' }])
  const introspection = {
    url: 'https://login.test/introspect',
    clientId: 'gw',
    clientSecret: 'env:SECRET',
    audience: 'pets',
  }
  t.truthy(external({ introspection })?.introspection)
  t.deepEqual(problems(document({ introspection })), [])
})

test('openIdConnect needs nothing but the URL of the document', (t) => {
  const scheme = { type: 'openIdConnect', openIdConnectUrl: 'https://login.test/.well-known/openid-configuration' }
  t.deepEqual(external({}, scheme)?.jwt?.issuers, [{ metadataUrl: scheme.openIdConnectUrl }])
  t.deepEqual(problems(document({}, scheme)), ['GW3312'])
  t.deepEqual(problems(document({ jwt: { audience: 'pets' } }, scheme)), [])
  t.deepEqual(problems(document({}, { ...scheme, openIdConnectUrl: '/relative' })), ['GW3102'])
})

test('several issuers stand beside each other; none at all is an error', (t) => {
  const issuers = [{ issuer: 'https://b.test', jwksUri: 'https://b.test/keys' }]
  t.is(external({ jwt: { ...jwt, issuers } })?.jwt?.issuers.length, 2)
  t.is(external({ jwt: { audience: 'pets', issuers } })?.jwt?.issuers.length, 1)
  t.true(problems(document({ jwt: { audience: 'pets' } })).includes('GW2103'))
})

test('tokens for any audience, and settings without effect, are remarked on', (t) => {
  t.deepEqual(problems(document({ jwt: { issuer: 'https://login.test' } })), ['GW3312'])
  const flows = { clientCredentials: { tokenUrl: '/token', scopes: {} } }
  t.true(problems(document({ jwt }, { type: 'oauth2', flows })).includes('GW3311'))
})

test('an algorithm with a shared secret, and none, cannot be allowed', (t) => {
  for (const algorithms of [['HS256'], ['none'], []]) {
    t.true(problems(document({ jwt: { ...jwt, algorithms } })).includes('GW2102'), String(algorithms))
  }
})

test('what carries tokens and secrets in the clear to another host is remarked on', (t) => {
  const introspection = {
    url: 'http://login.test/introspect',
    clientId: 'gw',
    clientSecret: 'env:SECRET',
    audience: 'a',
  }
  t.deepEqual(problems(document({ introspection })), ['GW3303'])
  t.deepEqual(problems(document({ jwt: { ...jwt, jwksUri: 'http://login.test/keys' } })), ['GW3303'])
  const clientCredentials = { tokenUrl: 'http://login.test/token', clientId: 'gw', clientSecret: 'env:SECRET' }
  const upstream = { url: 'https://orders.test', authentication: { oauth: { clientCredentials } } }
  t.deepEqual(problems(petStore({ extension: { upstream } })), ['GW3303'])
  const local = { ...clientCredentials, tokenUrl: 'http://127.0.0.1:4000/token' }
  const near = { url: 'https://orders.test', authentication: { oauth: { clientCredentials: local } } }
  t.deepEqual(problems(petStore({ extension: { upstream: near } })), [])
})

test('what is wrong with upstream authentication is said where it stands', (t) => {
  const at = (authentication: object): string[] =>
    compiled(petStore({ extension: { upstream: { url: 'https://orders.test', authentication } } }))
      .diagnostics.filter(({ severity, code }) => severity === 'error' && code !== 'GW4102')
      .map(({ pointer }) => pointer.replace('/x-gateway/upstream/authentication', ''))
  const clientCredentials = { tokenUrl: 'https://login.test/token', clientId: 'gw', clientSecret: 'env:SECRET' }
  const oauth = (changes: object) => ({ oauth: { clientCredentials: { ...clientCredentials, ...changes } } })
  t.deepEqual(at(oauth({})), [])
  t.deepEqual(at({}), [''])
  t.deepEqual(at({ ...oauth({}), header: { name: 'X-Key', value: 'env:SECRET' } }), [''])
  t.deepEqual(at(oauth({ params: { client_secret: 'x' } })), ['/oauth/clientCredentials/params/client_secret'])
  t.deepEqual(at(oauth({ clientSecret: undefined })), ['/oauth/clientCredentials'])
  t.deepEqual(at(oauth({ scopes: ['openid, email'] })), ['/oauth/clientCredentials/scopes/0'])
  t.deepEqual(at(oauth({ clientSecret: 'env:MISSING' })), ['/oauth/clientCredentials/clientSecret'])
  t.deepEqual(at(oauth({ header: { name: 'Host' } })), ['/oauth/clientCredentials/header/name'])
})
