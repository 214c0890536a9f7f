/** One client asks as fast as it can. */
const UNLIMITED = { rate: 1_000_000_000, per: '1s' }

/** The API of the benchmark: every call needs a token with a scope, and its identity goes upstream. */
export const stepOnDocument = (upstream: string, notifications?: Readonly<Record<string, unknown>>) => ({
  openapi: '3.1.0',
  info: { title: 'Step On', version: '1.0.0' },
  security: [{ oauth: ['step_counts'] }],
  paths: {
    '/stepcounts': { get: { operationId: 'listStepCounts', responses: { 200: { description: 'Days' } } } },
    '/stepcounts/{date}': {
      parameters: [{ name: 'date', in: 'path', required: true, schema: { type: 'string' } }],
      get: { operationId: 'getDay', responses: { 200: { description: 'A day' } } },
    },
    '/profile': { get: { operationId: 'getProfile', responses: { 200: { description: 'A profile' } } } },
  },
  components: {
    securitySchemes: {
      oauth: {
        type: 'oauth2',
        flows: {
          authorizationCode: {
            authorizationUrl: 'oauth/authorize',
            tokenUrl: 'oauth/token',
            scopes: { step_counts: 'Read step counts', statistics: 'Read statistics' },
          },
          clientCredentials: { tokenUrl: 'oauth/token', scopes: { statistics: 'Read statistics' } },
          password: { tokenUrl: 'oauth/token', scopes: { step_counts: 'Read step counts' } },
        },
      },
    },
  },
  'x-gateway': {
    info: { id: 'step-on', name: 'Step On' },
    server: {
      listenPath: { value: '/stepon/', strip: true },
      authentication: {
        enabled: true,
        endpointLimits: { client: UNLIMITED, address: UNLIMITED },
        securitySchemes: {
          oauth: {
            enabled: true,
            authLoginRedirect: 'http://127.0.0.1:9/login',
            refreshToken: true,
            ...(notifications ? { notifications } : {}),
          },
        },
      },
    },
    upstream: { url: upstream },
  },
})
