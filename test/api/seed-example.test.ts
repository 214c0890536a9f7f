import { readFileSync } from 'node:fs'
import test from 'ava'
import { compiled } from './compiled.ts'

// The example of the seed, its trailing comma and placeholder included; only the name of the extension is ours.
const TEXT = readFileSync(new URL('./fixtures/my-oauth-api.json', import.meta.url), 'utf8')

test('the example of the seed loads unchanged and mounts its endpoints', (t) => {
  const { api } = compiled(TEXT)
  t.is(api?.id, 'my-oauth-api')
  t.is(api?.name, 'My OAuth API')
  t.is(api?.listenPath, '/my-oauth-api')
  t.true(api?.stripListenPath)
  t.is(api?.issuer, 'https://gateway.test/my-oauth-api')
  t.is(api?.upstream.url, 'http://httpbin.org/')
  t.deepEqual(
    [...(api?.endpoints.keys() ?? [])],
    ['/oauth/authorize', '/oauth/token', '/oauth/revoke', '/oauth/introspect'],
  )
  const scheme = api?.securitySchemes.get('oauth')
  t.is(scheme?.kind, 'issuer')
  if (scheme?.kind !== 'issuer') return
  t.is(scheme.settings.authLoginRedirect, 'http://<identity-server>/client-redirect-uri')
  t.true(scheme.settings.refreshToken)
  t.is(scheme.settings.notifications?.sharedSecret?.reveal(), 'oauth-shared-secret')
})

test('every path of the example is forwarded, protected by its scheme', (t) => {
  const match = compiled(TEXT).api?.routes.match('PATCH', '/anything/at/all')
  t.is(match?.kind, 'operation')
  if (match?.kind !== 'operation') return
  t.is(match.operation.id, '*')
  t.deepEqual(
    match.operation.security.map((and) => and.map(({ scheme }) => scheme.name)),
    [['oauth']],
  )
})

test('what is questionable about the example is said, each at its line', (t) => {
  const { diagnostics } = compiled(TEXT)
  t.deepEqual(
    diagnostics.map(({ code, severity, line, column }) => [code, severity, line, column]),
    [
      ['GW1103', 'hint', 31, 23],
      ['GW3304', 'warning', 43, 34],
      ['GW3303', 'warning', 49, 33],
      ['GW1302', 'warning', 50, 31],
    ],
  )
  t.is(diagnostics[1]?.pointer, '/x-gateway/server/authentication/securitySchemes/oauth/authLoginRedirect')
})

test('the same document gives an equal API, another one does not', (t) => {
  const [first, second] = [compiled(TEXT).api, compiled(TEXT).api]
  t.truthy(first)
  const { routes: a, ...one } = first ?? { routes: undefined }
  const { routes: b, ...two } = second ?? { routes: undefined }
  t.deepEqual(one, two)
  t.deepEqual(a?.operations, b?.operations)
  t.not(compiled(TEXT.replace('3.0.3', '3.0.2')).api?.revision, first?.revision)
  t.not(compiled(TEXT, { publicUrl: 'http://other.test' }).api?.revision, first?.revision)
})
