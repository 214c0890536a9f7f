import test from 'ava'
import type { IssuerScheme } from '../../src/api/api.ts'
import { CODE_FLOW, compiled, petStore, problems } from './compiled.ts'

function issuer(document: object): IssuerScheme | undefined {
  const scheme = compiled(document).api?.securitySchemes.get('oauth')
  return scheme?.kind === 'issuer' ? scheme : undefined
}
const kind = (document: object) => compiled(document).api?.securitySchemes.get('oauth')?.kind
const code = (authorizationUrl: string, tokenUrl: string, more: object = {}) => ({
  authorizationCode: { authorizationUrl, tokenUrl, scopes: {}, ...more },
})

test('the issuer is public URL and listen path, and scopes are those of all flows', (t) => {
  const flows = { ...CODE_FLOW, clientCredentials: { tokenUrl: '/oauth/token', scopes: { read: 'x', write: 'Write' } } }
  const scheme = issuer(petStore({ flows }))
  t.is(compiled(petStore(), { publicUrl: 'https://gw.test/' }).api?.issuer, 'https://gw.test/pets')
  t.deepEqual(
    [...(scheme?.scopes ?? [])],
    [
      ['read', 'Read'],
      ['write', 'Write'],
    ],
  )
  t.deepEqual(Object.keys(scheme?.flows ?? {}), ['authorizationCode', 'clientCredentials'])
})

test('absolute URLs below the issuer are read as relative', (t) => {
  const own = [
    'https://gateway.test/pets/oauth/token',
    'https://gateway.test:443/pets/oauth/token/',
    'HTTPS://GATEWAY.test/pets/x/../oauth/token',
  ]
  for (const url of own)
    t.is(issuer(petStore({ flows: code('/a', url) }))?.flows.authorizationCode?.tokenPath, '/oauth/token', url)
})

const FOREIGN = [
  'https://login.test/token',
  'https://gateway.test/petsy/token',
  'https://gateway.test/pets/../token',
  'https://gateway.test/pets/%2e%2e/token',
  'https://gateway.test/token',
  'http://gateway.test/pets/token',
  'https://gateway.test:8443/pets/token',
  'https://gateway.test@evil.test/pets/token',
  'https://gateway.test.evil.test/pets/token',
  '//gateway.test/pets/token',
  '\\\\gateway.test\\pets\\token',
  'javascript:alert(1)',
  'https://[broken/token',
]
for (const url of FOREIGN) {
  test(`the gateway never issues for ${url}: the scheme cannot be checked and fails closed`, (t) => {
    const document = petStore({ flows: code(url, url) })
    t.is(kind(document), 'unsupported')
    t.is(compiled(document).api?.endpoints.size, 0)
    t.deepEqual(problems(document), ['GW3102'])
    const match = compiled(document).api?.routes.match('GET', '/x')
    t.is(match?.kind === 'operation' ? match.operation.security[0]?.[0]?.scheme.kind : undefined, 'unsupported')
  })
}

test('`mode: issuer` for the URLs of another server is an error, `mode: external` for relative ones is honoured', (t) => {
  t.deepEqual(problems(petStore({ flows: code('https://a.test/a', 'https://a.test/t'), scheme: { mode: 'issuer' } })), [
    'GW3206',
  ])
  t.is(kind(petStore({ scheme: { mode: 'external' } })), 'unsupported')
  t.is(compiled(petStore({ scheme: { mode: 'external' } })).api?.endpoints.size, 0)
})

test('a flow that leads half to another server is not offered, the others are', (t) => {
  const flows = {
    ...code('https://login.test/authorize', '/oauth/token'),
    clientCredentials: { tokenUrl: '/oauth/token', scopes: {} },
  }
  t.deepEqual(Object.keys(issuer(petStore({ flows }))?.flows ?? {}), ['clientCredentials'])
  t.deepEqual(problems(petStore({ flows })), ['GW3207'])
})

const MALFORMED = [
  '/t?x=1',
  '/t#x',
  '/a/../t',
  'a/%2e%2e/t',
  '/a%2ft',
  '/a//t',
  '/a\\t',
  '/{x}/t',
  '/a t',
  '/a%t',
  '/%252e/t',
]
for (const url of MALFORMED) {
  test(`a flow URL ${url} is an error at its position`, (t) => {
    const { api, diagnostics } = compiled(petStore({ flows: code('/a', url) }))
    t.is(api, undefined)
    const problem = diagnostics.find(({ severity }) => severity === 'error')
    t.is(problem?.code, 'GW3202')
    t.is(problem?.pointer, '/components/securitySchemes/oauth/flows/authorizationCode/tokenUrl')
    t.true((problem?.line ?? 0) > 10)
  })
}

test('a flow without a URL that its grant needs is an error', (t) => {
  for (const flows of [
    { authorizationCode: { tokenUrl: '/t' } },
    { password: { refreshUrl: '/r' } },
    { clientCredentials: { refreshUrl: 'r' } },
  ]) {
    t.true(problems(petStore({ flows })).includes('GW3203'), JSON.stringify(flows))
  }
})

test('several schemes may share a URL, and a scheme that is off mounts nothing', (t) => {
  const other = { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'oauth/token/', scopes: {} } } }
  const on = compiled(petStore({ declared: { other }, schemes: { other: { enabled: true } } })).api
  t.deepEqual(on?.endpoints.get('/oauth/token')?.token, ['oauth', 'other'])
  const off = compiled(petStore({ declared: { other }, schemes: { other: { enabled: false } } })).api
  t.deepEqual(off?.endpoints.get('/oauth/token')?.token, ['oauth'])
  t.is(compiled(petStore({ authentication: { enabled: false } })).api?.endpoints.size, 0)
})

test('where no place is named, the header is; naming another place does not switch it off', (t) => {
  t.deepEqual(issuer(petStore())?.sources, { header: { enabled: true, name: 'Authorization' } })
  t.deepEqual(issuer(petStore({ scheme: { query: { enabled: true, name: 'token' } } }))?.sources, {
    header: { enabled: true, name: 'Authorization' },
    query: { enabled: true, name: 'token' },
  })
  const off = { header: { enabled: false }, cookie: {} }
  t.is(issuer(petStore({ scheme: off }))?.sources.header?.enabled, false)
})

test('apiKey, basic, bearer and openIdConnect schemes are built from the document, others cannot be checked', (t) => {
  const declared = {
    key: { type: 'apiKey', in: 'cookie', name: 'sid' },
    basic: { type: 'http', scheme: 'Basic' },
    bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    digest: { type: 'http', scheme: 'digest' },
    oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://login.test/.well-known/openid-configuration' },
  }
  const schemes = Object.fromEntries(Object.keys(declared).map((name) => [name, { enabled: true }]))
  const { api, diagnostics } = compiled(petStore({ declared, schemes }))
  t.deepEqual(
    [...(api?.securitySchemes.values() ?? [])].map((scheme) => [scheme.name, scheme.kind]),
    [
      ['oauth', 'issuer'],
      ['key', 'apiKey'],
      ['basic', 'basic'],
      ['bearer', 'bearer'],
      ['digest', 'unsupported'],
      ['oidc', 'external'],
    ],
  )
  t.deepEqual(
    diagnostics.filter(({ severity }) => severity === 'warning').map(({ code }) => code),
    ['GW3102', 'GW3312'],
  )
})

const RULES: readonly (readonly [says: string, scheme: object, flows: object, code: string | undefined])[] = [
  ['`code` without a login page', { authLoginRedirect: undefined }, CODE_FLOW, 'GW3301'],
  [
    '`code` without a login page, but with a provision key',
    { authLoginRedirect: undefined, provisionKey: 'env:SECRET' },
    CODE_FLOW,
    undefined,
  ],
  [
    'no login page where no flow needs one',
    { authLoginRedirect: undefined },
    { password: { tokenUrl: '/t', scopes: {} } },
    undefined,
  ],
  ['`token` without an implicit flow', { allowedAuthorizeTypes: ['code', 'token'] }, CODE_FLOW, 'GW3302'],
  [
    '`token` with an implicit flow',
    { allowedAuthorizeTypes: ['token'] },
    { implicit: { authorizationUrl: '/a', scopes: {} } },
    'GW3307',
  ],
  [
    'refresh tokens that no flow issues',
    { refreshToken: true },
    { clientCredentials: { tokenUrl: '/t', scopes: {} } },
    'GW3306',
  ],
  ['a default scope that is not declared', { scopes: { default: ['wirte'] } }, CODE_FLOW, 'GW3308'],
  ['a login page over plain HTTP elsewhere', { authLoginRedirect: 'http://login.test/' }, CODE_FLOW, 'GW3303'],
  [
    'a login page over plain HTTP on this machine',
    { authLoginRedirect: 'http://127.0.0.1:3001/' },
    CODE_FLOW,
    undefined,
  ],
  ['a login page over plain HTTP on [::1]', { authLoginRedirect: 'http://[::1]:3001/' }, CODE_FLOW, undefined],
  ['a placeholder', { authLoginRedirect: 'http://<identity-server>/login' }, CODE_FLOW, 'GW3304'],
  ['unsigned notifications', { notifications: { onKeyChangeUrl: 'https://a.test' } }, CODE_FLOW, 'GW3305'],
  ['JWTs that outlive their keys', { accessTokenFormat: 'jwt', accessTokenLifetime: '31d' }, CODE_FLOW, 'GW3314'],
  ['notifications for nobody', { notifications: { sharedSecret: 'env:SECRET' } }, CODE_FLOW, 'GW3309'],
  [
    'notifications over plain HTTP',
    { notifications: { onKeyChangeUrl: 'http://a.test', sharedSecret: 'env:SECRET' } },
    CODE_FLOW,
    'GW3303',
  ],
  [
    'a password verifier over plain HTTP',
    { passwordVerifier: { url: 'http://a.test', sharedSecret: 'env:SECRET' } },
    CODE_FLOW,
    'GW3303',
  ],
]
for (const [says, scheme, flows, expected] of RULES) {
  test(`${says}: ${expected ?? 'fine'}`, (t) => {
    t.deepEqual(problems(petStore({ scheme, flows })), expected === undefined ? [] : [expected])
  })
}
