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
