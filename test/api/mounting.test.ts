import test from 'ava'
import { compiled } from './compiled.ts'

/**
 * What the relative OAuth URLs of real documents look like: each row is one such document, reduced to its flows, the
 * operations that stand in the way, and its servers.
 */
interface Pattern {
  readonly says: string
  readonly flows: object
  readonly operations?: Readonly<Record<string, readonly string[]>>
  readonly servers?: readonly string[]
  readonly format?: 'jwt'
  /** Path → roles; undefined when the document cannot be served. */
  readonly mounts?: Readonly<Record<string, string>>
  readonly codes: readonly string[]
}

const scopes = {}
const PATTERNS: readonly Pattern[] = [
  {
    says: 'access tokens that are JWTs: the key set stands beside the token URL',
    flows: { clientCredentials: { tokenUrl: '/oauth/token', scopes } },
    format: 'jwt',
    mounts: {
      '/oauth/token': 'token refresh',
      '/oauth/revoke': 'revoke',
      '/oauth/introspect': 'introspect',
      '/oauth/jwks': 'jwks',
    },
    codes: [],
  },
  {
    says: 'JWTs of the implicit grant alone, and an operation where the key set would stand',
    flows: { implicit: { authorizationUrl: '/oauth/authorize', scopes } },
    operations: { '/oauth/jwks': ['get'] },
    format: 'jwt',
    mounts: { '/oauth/authorize': 'authorize' },
    codes: ['GW3205'],
  },
  {
    says: 'both URLs below /oauth, all of them declared as operations, its own revoke included',
    flows: { authorizationCode: { authorizationUrl: '/oauth/authorize', tokenUrl: '/oauth/token', scopes } },
    operations: { '/oauth/authorize': ['get'], '/oauth/token': ['post'], '/oauth/revoke': ['post'] },
    mounts: { '/oauth/authorize': 'authorize', '/oauth/token': 'token refresh', '/oauth/introspect': 'introspect' },
    codes: ['GW3204', 'GW3204', 'GW3205'],
  },
  {
    says: 'the code flow beside client credentials, with an operation at the token URL',
    flows: {
      authorizationCode: { authorizationUrl: '/oauth/authorize', tokenUrl: '/oauth/access_token', scopes },
      clientCredentials: { tokenUrl: '/oauth/authorize/client', scopes },
    },
    operations: { '/oauth/access_token': ['post'], '/oauth/authorize/client': ['post'] },
    mounts: {
      '/oauth/authorize': 'authorize',
      '/oauth/access_token': 'token refresh',
      '/oauth/authorize/client': 'token refresh',
      '/oauth/revoke': 'revoke',
      '/oauth/introspect': 'introspect',
      '/oauth/authorize/revoke': 'revoke',
      '/oauth/authorize/introspect': 'introspect',
    },
    codes: ['GW3204', 'GW3204'],
  },
  {
    says: 'one path for authorization, token and refresh of three flows, declared as an operation',
    flows: {
      authorizationCode: { authorizationUrl: '/token', tokenUrl: '/token', refreshUrl: '/token', scopes },
      clientCredentials: { tokenUrl: '/token', refreshUrl: '/token', scopes },
      password: { tokenUrl: '/token', refreshUrl: '/token', scopes },
    },
    operations: { '/token': ['post'] },
    mounts: { '/token': 'authorize token refresh', '/revoke': 'revoke', '/introspect': 'introspect' },
    codes: ['GW3204'],
  },
  {
    says: 'a token URL with a trailing slash',
    flows: { authorizationCode: { authorizationUrl: '/oauth/authorize/', tokenUrl: '/oauth/token/', scopes } },
    mounts: {
      '/oauth/authorize': 'authorize',
      '/oauth/token': 'token refresh',
      '/oauth/revoke': 'revoke',
      '/oauth/introspect': 'introspect',
    },
    codes: [],
  },
  {
    says: 'URLs without leading slash',
    flows: { authorizationCode: { authorizationUrl: 'oauth/authorize', tokenUrl: './oauth/token', scopes } },
    mounts: {
      '/oauth/authorize': 'authorize',
      '/oauth/token': 'token refresh',
      '/oauth/revoke': 'revoke',
      '/oauth/introspect': 'introspect',
    },
    codes: [],
  },
  {
    says: 'a refresh URL of its own',
    flows: { password: { tokenUrl: '/api/v1/token', refreshUrl: '/api/v1/refresh', scopes } },
    mounts: {
      '/api/v1/token': 'token',
      '/api/v1/refresh': 'refresh',
      '/api/v1/revoke': 'revoke',
      '/api/v1/introspect': 'introspect',
    },
    codes: [],
  },
  {
    says: '"/" for both URLs',
    flows: { authorizationCode: { authorizationUrl: '/', tokenUrl: '/', scopes } },
    codes: ['GW3201', 'GW3201'],
  },
  { says: '"/" for the token URL alone', flows: { clientCredentials: { tokenUrl: '/', scopes } }, codes: ['GW3201'] },
  { says: 'an empty token URL', flows: { clientCredentials: { tokenUrl: '', scopes } }, codes: ['GW3201'] },
  {
    says: 'the password flow with an operation whose key ends with a slash',
    flows: { password: { tokenUrl: '/users/token', scopes } },
    operations: { '/users/token/': ['post'], '/users/{id}': ['get'] },
    mounts: { '/users/token': 'token refresh', '/users/revoke': 'revoke', '/users/introspect': 'introspect' },
    codes: ['GW3204'],
  },
  {
    says: 'a file name for a token URL, declared as an operation with another method',
    flows: { clientCredentials: { tokenUrl: '/auth/token.php', scopes } },
    operations: { '/auth/token.php': ['get'] },
    mounts: { '/auth/token.php': 'token refresh', '/auth/revoke': 'revoke', '/auth/introspect': 'introspect' },
    codes: ['GW3204'],
  },
  {
    says: 'the implicit flow alone',
    flows: { implicit: { authorizationUrl: '/login/oauth', scopes } },
    mounts: { '/login/oauth': 'authorize' },
    codes: [],
  },
  {
    says: 'relative URLs with relative servers',
    flows: { clientCredentials: { tokenUrl: '/connect/token', scopes } },
    servers: ['/v1'],
    mounts: { '/connect/token': 'token refresh', '/connect/revoke': 'revoke', '/connect/introspect': 'introspect' },
    codes: [],
  },
  {
    says: 'relative URLs of one flow, absolute ones of another',
    flows: {
      implicit: { authorizationUrl: 'https://login.test/authorize', scopes },
      clientCredentials: { tokenUrl: '/identity/token', scopes },
    },
    mounts: { '/identity/token': 'token refresh', '/identity/revoke': 'revoke', '/identity/introspect': 'introspect' },
    codes: ['GW3207'],
  },
]

for (const { says, flows, operations = {}, servers = [], format, mounts, codes } of PATTERNS) {
  test(`mounting ${says}`, (t) => {
    const { api, diagnostics } = compiled({
      openapi: '3.0.3',
      info: { title: 'Pets', version: '1' },
      servers: servers.map((url) => ({ url })),
      security: [{ oauth: [] }],
      paths: Object.fromEntries(
        Object.entries(operations).map(([path, methods]) => [
          path,
          Object.fromEntries(methods.map((method) => [method, { responses: { 200: { description: '' } } }])),
        ]),
      ),
      components: { securitySchemes: { oauth: { type: 'oauth2', flows } } },
      'x-gateway': {
        server: {
          authentication: {
            enabled: true,
            securitySchemes: {
              oauth: {
                enabled: true,
                authLoginRedirect: 'https://login.test/',
                ...(format ? { accessTokenFormat: format } : {}),
              },
            },
          },
        },
        upstream: { url: 'http://127.0.0.1:3000' },
      },
    })
    const roles = [...(api?.endpoints.values() ?? [])].map(({ path, authorize, token, refresh, extra }) => [
      path,
      [authorize.length && 'authorize', token.length && 'token', refresh.length && 'refresh', extra]
        .filter(Boolean)
        .join(' '),
    ])
    t.deepEqual(api && Object.fromEntries(roles), mounts)
    t.deepEqual(
      diagnostics.map(({ code }) => code).filter((code) => code.startsWith('GW32')),
      codes,
    )
    t.true(diagnostics.every(({ line, column }) => line > 1 && column >= 1))
  })
}
