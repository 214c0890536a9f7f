import test, { type ExecutionContext } from 'ava'
import { gatewayFor } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const responses = { 200: { description: '' } }

async function petsWith(t: ExecutionContext, global: object) {
  const upstream = await forTest(t, startUpstream())
  const document = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '1' },
    paths: { '/dogs': { get: { responses }, put: { responses, 'x-gateway': { cors: null } } } },
    components: {
      securitySchemes: {
        oauth: { type: 'oauth2', flows: { clientCredentials: { tokenUrl: 'oauth/token', scopes: {} } } },
      },
    },
    'x-gateway': {
      server: {
        listenPath: { value: '/pets/' },
        authentication: { enabled: true, securitySchemes: { oauth: { enabled: true } } },
      },
      upstream: { url: upstream.url },
      middleware: { global: { allowList: true, ...global } },
    },
  }
  const { url } = await gatewayFor(t, { documents: { 'pets.json': document } })
  return (path: string, method = 'GET', headers: Record<string, string> = {}) =>
    fetch(`${url}/pets${path}`, { method, headers: { origin: 'https://app.test', ...headers } })
}

const ALLOWED = 'access-control-allow-origin'

test('a page of another origin can read that a path, or its method, is unknown', async (t) => {
  const ask = await petsWith(t, { cors: { allowedOrigins: ['https://app.test'] } })
  const missing = await ask('/cats')
  t.is(missing.status, 404)
  t.is(missing.headers.get(ALLOWED), 'https://app.test')
  const wrong = await ask('/dogs', 'DELETE')
  t.is(wrong.status, 405)
  t.is(wrong.headers.get('allow'), 'GET, HEAD, PUT')
  t.is(wrong.headers.get(ALLOWED), 'https://app.test')
  t.is((await ask('/cats', 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 204)
})

test('an operation that wants no CORS is not opened by what the API as a whole allows', async (t) => {
  const ask = await petsWith(t, { cors: { allowedOrigins: ['*'] } })
  const preflight = await ask('/dogs', 'OPTIONS', { 'access-control-request-method': 'PUT' })
  t.is(preflight.status, 405)
  t.is(preflight.headers.get(ALLOWED), null)
  t.is((await ask('/dogs', 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 204)
})

test('nor where what the document does not declare is forwarded', async (t) => {
  const ask = await petsWith(t, { allowList: false, cors: { allowedOrigins: ['*'] } })
  const preflight = await ask('/dogs', 'OPTIONS', { 'access-control-request-method': 'PUT' })
  t.is(preflight.status, 403)
  t.is(preflight.headers.get(ALLOWED), null)
  t.is((await ask('/dogs', 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 204)
  t.is((await ask('/cats', 'OPTIONS', { 'access-control-request-method': 'GET' })).status, 204)
})

test('an address that may not call gets no token either, and does not learn which paths there are', async (t) => {
  const ask = await petsWith(t, { ipAccess: { block: ['127.0.0.1'] } })
  for (const [path, method] of [
    ['/oauth/token', 'POST'],
    ['/.well-known/openid-configuration', 'GET'],
    ['/dogs', 'GET'],
    ['/cats', 'GET'],
    ['/dogs', 'DELETE'],
  ] as const) {
    t.is((await ask(path, method)).status, 403, path)
  }
})
