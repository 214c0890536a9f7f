import test from 'ava'
import type { Api, Operation } from '../../src/api/api.ts'
import { answerMetadata, metadataDocuments, resourceMetadataUrl } from '../../src/oauth/endpoints/metadata.ts'
import { issuerApi, issuerScheme } from '../_kit/issuer-api.ts'

type Document = Readonly<Record<string, unknown>>

function read(api: Api, path: string): Document {
  return JSON.parse(metadataDocuments(api).get(path)?.body ?? '{}') as Document
}

const SERVER_PATHS = [
  '/.well-known/oauth-authorization-server/pets',
  '/.well-known/openid-configuration/pets',
  '/pets/.well-known/openid-configuration',
]

test('RFC 8414 §3: the three well-known URLs, with or without slash, say the same issuer byte for byte', (t) => {
  const api = issuerApi()
  const documents = metadataDocuments(api)
  const bodies = SERVER_PATHS.flatMap((path) => [path, `${path}/`]).map((path) => documents.get(path)?.body)
  t.is(new Set(bodies).size, 1)
  t.is(read(api, '/.well-known/oauth-authorization-server/pets')['issuer'], 'http://gateway.test/pets')
})

const METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt']
const ALGORITHMS = ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'EdDSA', 'Ed25519']

test('RFC 8414 §2: a code flow is described as it is switched on', (t) => {
  t.deepEqual(read(issuerApi(), '/pets/.well-known/openid-configuration'), {
    issuer: 'http://gateway.test/pets',
    authorization_endpoint: 'http://gateway.test/pets/oauth/authorize',
    token_endpoint: 'http://gateway.test/pets/oauth/token',
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code'],
    scopes_supported: ['read', 'write'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    protected_resources: ['http://gateway.test/pets'],
    token_endpoint_auth_methods_supported: [...METHODS, 'none'],
    token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
    revocation_endpoint: 'http://gateway.test/pets/oauth/revoke',
    revocation_endpoint_auth_methods_supported: [...METHODS, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
    introspection_endpoint: 'http://gateway.test/pets/oauth/introspect',
    introspection_endpoint_auth_methods_supported: METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
  })
})

test('RFC 8414 §2: what is switched off is not advertised', (t) => {
  const only = read(
    issuerApi([
      issuerScheme({ flows: { clientCredentials: { tokenPath: '/token' } }, settings: { refreshToken: false } }),
    ]),
    SERVER_PATHS[0] ?? '',
  )
  t.deepEqual(only['grant_types_supported'], ['client_credentials'])
  t.deepEqual(only['response_types_supported'], [])
  for (const absent of [
    'authorization_endpoint',
    'code_challenge_methods_supported',
    'authorization_response_iss_parameter_supported',
  ]) {
    t.false(absent in only, absent)
  }
  const off = issuerScheme({ settings: { allowedAuthorizeTypes: [] } })
  t.deepEqual(read(issuerApi([off]), SERVER_PATHS[0] ?? '')['response_types_supported'], [])
})

test('RFC 8414 §2: every flow, the implicit one and refreshing included, shows', (t) => {
  const scheme = issuerScheme({
    settings: { refreshToken: true, allowedAuthorizeTypes: ['code', 'token'] },
    flows: {
      authorizationCode: { authorizationPath: '/authorize', tokenPath: '/token' },
      implicit: { authorizationPath: '/authorize' },
      clientCredentials: { tokenPath: '/token' },
      password: { tokenPath: '/token' },
    },
  })
  const document = read(issuerApi([scheme]), SERVER_PATHS[0] ?? '')
  t.deepEqual(
    new Set(document['grant_types_supported'] as string[]),
    new Set(['authorization_code', 'client_credentials', 'password', 'refresh_token', 'implicit']),
  )
  t.deepEqual(document['response_types_supported'], ['code', 'token'])
  t.deepEqual(document['response_modes_supported'], ['query', 'fragment'])
})

test('RFC 9728 §3.3: the resource is the URL that the client came from, slash or no slash', (t) => {
  const read1 = { scheme: issuerScheme(), scopes: ['read'] }
  const api = issuerApi(undefined, {
    routes: { match: () => ({ kind: 'notFound' }), operations: [{ security: [[read1]] } as unknown as Operation] },
  })
  for (const path of ['/.well-known/oauth-protected-resource/pets', '/pets/.well-known/oauth-protected-resource']) {
    t.deepEqual(read(api, path), {
      resource: 'http://gateway.test/pets',
      authorization_servers: ['http://gateway.test/pets'],
      scopes_supported: ['read'],
      bearer_methods_supported: ['header'],
      resource_name: 'Pets & more',
    })
    t.is(read(api, `${path}/`)['resource'], 'http://gateway.test/pets/')
  }
  t.is(resourceMetadataUrl(api), 'http://gateway.test/.well-known/oauth-protected-resource/pets')
})

test('an API at the root of the host, and one behind a path of the public URL, are found', (t) => {
  const root = issuerApi(undefined, { listenPath: '', issuer: 'https://gateway.test' })
  t.is(read(root, '/.well-known/oauth-authorization-server')['issuer'], 'https://gateway.test')
  t.is(read(root, '/.well-known/oauth-protected-resource')['resource'], 'https://gateway.test')
  t.is(resourceMetadataUrl(root), 'https://gateway.test/.well-known/oauth-protected-resource')
  const behind = issuerApi(undefined, { issuer: 'https://gateway.test/base/pets' })
  for (const path of ['/.well-known/oauth-authorization-server/base/pets', '/pets/.well-known/openid-configuration']) {
    t.is(read(behind, path)['issuer'], 'https://gateway.test/base/pets', path)
  }
})

test('an API that issues no tokens has no metadata', (t) => {
  t.is(metadataDocuments(issuerApi([{ kind: 'basic', name: 'basic' }])).size, 0)
})

test('metadata may be read from any web page, cached for a short while, and only be read', (t) => {
  const found = metadataDocuments(issuerApi()).get('/.well-known/oauth-authorization-server/pets')
  if (!found) return t.fail()
  const got = answerMetadata({ method: 'GET' }, found)
  t.is(got.headers['access-control-allow-origin'], '*')
  t.regex(got.headers['cache-control'] ?? '', /^public, max-age=\d+$/)
  t.is(got.headers['access-control-allow-credentials'], undefined)
  const preflight = answerMetadata({ method: 'OPTIONS' }, found)
  t.is(preflight.status, 204)
  t.is(preflight.headers['access-control-allow-headers'], '*')
  t.is(answerMetadata({ method: 'POST' }, found).status, 405)
})
