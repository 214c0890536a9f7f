import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { adminCall } from '../_kit/admin-call.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'

const CODE = `openapi: 3.0.3
info: { title: Pet Store, version: '1' }
servers: [{ url: http://127.0.0.1:9/v2 }]
security: [{ oauth: [read] }]
paths:
  /pets:
    get: { operationId: listPets, responses: { '200': { description: ok } } }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows:
        authorizationCode: { authorizationUrl: /oauth/authorize, tokenUrl: /oauth/token, scopes: { read: Read } }
`
const read = (gateway: TestGateway, name: string): string => readFileSync(join(gateway.folder, name), 'utf8')
const codes = (json: Readonly<Record<string, unknown>>): string[] =>
  (json['diagnostics'] as readonly { code: string }[]).map(({ code }) => code)
const LOGIN = 'http://127.0.0.1:3/login'
const WITH_LOGIN = `authentication=true&login=${encodeURIComponent(LOGIN)}`
/** The settings of the scheme `oauth` in a document. */
const schemeIn = (text: string): unknown =>
  // biome-ignore lint/suspicious/noExplicitAny: one place far down
  (parse(text) as any)['x-gateway'].server.authentication.securitySchemes.oauth

test('a code flow that works goes on when the next version is merged with authentication', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  t.is((await adminCall(gateway, 'POST', `/api/apis/import?${WITH_LOGIN}`, CODE)).status, 201)
  const scheme = { allowedAuthorizeTypes: ['code'], refreshToken: false, pkce: 'optional' }
  const extension = { server: { authentication: { securitySchemes: { oauth: scheme } } } }
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pet-store', { 'x-gateway': extension })).status, 200)
  const next = CODE.replace("'1'", "'2'")
  const merged = await adminCall(gateway, 'POST', '/api/apis/import?authentication=true&mode=merge', next)
  t.deepEqual([merged.status, merged.json['outcome']], [200, 'merged'])
  const kept = { enabled: true, authLoginRedirect: LOGIN, ...scheme }
  t.deepEqual(schemeIn(read(gateway, 'pet-store.yaml')), kept)
  const other = `authentication=true&mode=merge&login=${encodeURIComponent('http://127.0.0.1:4/in')}`
  t.is((await adminCall(gateway, 'POST', `/api/apis/import?${other}`, next)).status, 200)
  t.deepEqual(schemeIn(read(gateway, 'pet-store.yaml')), { ...kept, authLoginRedirect: 'http://127.0.0.1:4/in' })
})

test('a merge with a login page switches the code flow on that had none before', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  t.is((await adminCall(gateway, 'POST', '/api/apis/import?authentication=true', CODE)).status, 201)
  t.is((await adminCall(gateway, 'POST', `/api/apis/import?${WITH_LOGIN}&mode=merge`, CODE)).status, 200)
  const expected = { enabled: true, allowedAuthorizeTypes: ['code'], authLoginRedirect: LOGIN, refreshToken: true }
  t.deepEqual(schemeIn(read(gateway, 'pet-store.yaml')), expected)
})

test('a document that brings a login page itself needs none when it is imported with authentication', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const own = `x-gateway:
  server:
    listenPath: { value: /pet-store/ }
    authentication: { securitySchemes: { oauth: { authLoginRedirect: '${LOGIN}' } } }
  upstream: { url: http://127.0.0.1:9 }
`
  const { status, json } = await adminCall(gateway, 'POST', '/api/apis/import?authentication=true', CODE + own)
  t.deepEqual([status, codes(json).includes('GW6201')], [201, false])
  const expected = { enabled: true, authLoginRedirect: LOGIN, refreshToken: true }
  t.deepEqual(schemeIn(read(gateway, 'pet-store.yaml')), expected)
})
