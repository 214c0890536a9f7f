import test from 'ava'
import { compiled, petStore, problems } from './compiled.ts'

const about = (document: string | object) =>
  compiled(document).diagnostics.map(({ code, line, column, message, hint }) => ({ code, line, column, message, hint }))

const YAML = (extension: string, rest = ''): string =>
  `openapi: 3.1.0
info: { title: Pets, version: '1' }
paths: {}
${rest}x-gateway:
  upstream: { url: 'http://127.0.0.1:3000' }
${extension}`

test('an unknown key is an error at the key, with the nearest known one', (t) => {
  t.deepEqual(about(YAML('  server:\n    listenPth: { value: /pets/ }\n')), [
    { code: 'GW2101', line: 7, column: 5, message: 'unknown key "listenPth"', hint: 'did you mean "listenPath"?' },
  ])
  t.deepEqual(about(YAML('  sever: {}\n'))[0]?.hint, 'did you mean "server"?')
  t.deepEqual(about(YAML('  middleware: { globl: {} }\n'))[0]?.hint, 'did you mean "global"?')
  t.deepEqual(about(YAML('  middleware: { global: { limits: { rate: 1 } } }\n'))[0]?.hint, 'did you mean "limit"?')
  t.is(about(YAML('  info: { state: { zzzzzz: 1 } }\n'))[0]?.hint, 'known here: active')
})

test('all that is wrong is said at once, each with its own position', (t) => {
  const text = YAML(`  info: { id: 'a b', state: { active: 'yes' } }
  server:
    listenPath: { strip: true }
    hosts: [ok.test, 'not a host']
  middleware:
    global:
      timeout: soon
      limit: { rate: 0, per: 1x, by: [user], extra: 1 }
`)
  t.deepEqual(
    about(text).map(({ code, line, column, message }) => [code, line, column, message]),
    [
      ['GW2102', 6, 15, 'expected up to 100 letters, digits, ".", "_", "~" or "-"'],
      ['GW2102', 6, 39, 'expected boolean, received string'],
      ['GW2103', 8, 5, 'the key "value" is missing here'],
      ['GW2102', 9, 22, 'expected a host name'],
      ['GW2102', 12, 16, 'expected a duration such as "30s", "5m", "2h" or "14d"'],
      ['GW2102', 13, 22, 'too small: expected number to be >=1'],
      ['GW2102', 13, 30, 'expected a duration such as "30s", "5m", "2h" or "14d"'],
      ['GW2102', 13, 39, 'expected one of "client"|"ip"'],
      ['GW2101', 13, 46, 'unknown key "extra"'],
    ],
  )
})

test('the settings of a scheme are held against what the document says it is, not against every kind', (t) => {
  const { diagnostics } = compiled(petStore({ scheme: { refreshTokn: true, accessTokenLifetime: 'long' } }))
  t.deepEqual(
    diagnostics.map(({ code, pointer, hint }) => [code, pointer.split('/').at(-1), hint]),
    [
      ['GW2101', 'refreshTokn', 'did you mean "refreshToken"?'],
      ['GW2102', 'accessTokenLifetime', undefined],
    ],
  )
  const key = { type: 'apiKey', in: 'header', name: 'X-Key' }
  const wish = { declared: { key }, schemes: { key: { enabled: true, refreshToken: true } } }
  t.deepEqual(problems(petStore(wish)), ['GW2101'])
  t.deepEqual(problems(petStore({ scheme: { enabled: undefined } })), ['GW2103'])
})

test('settings for a scheme that is not declared are an error with the nearest one', (t) => {
  const [problem] = compiled(petStore({ schemes: { oath: { enabled: true } } })).diagnostics
  t.deepEqual([problem?.code, problem?.hint], ['GW2106', 'did you mean "oauth"?'])
})

test('wherever an object is expected, anything else is a diagnostic', (t) => {
  for (const odd of [null, 7, 'x', true, [], [1]]) {
    for (const at of ['info', 'server', 'upstream', 'middleware']) {
      t.deepEqual(
        problems(petStore({ extension: { [at]: odd } })).slice(-1),
        ['GW2102'],
        `${at} ${JSON.stringify(odd)}`,
      )
    }
    t.true(problems(petStore({ root: { 'x-gateway': odd } })).includes('GW2102'), JSON.stringify(odd))
    t.true(problems(petStore({ authentication: { securitySchemes: odd } })).includes('GW2102'))
    t.true(problems(petStore({ middleware: { global: odd } })).includes('GW2102'))
    t.true(problems(petStore({ middleware: { operations: odd } })).includes('GW2102'))
    const paths = { '/a': { get: { responses: {}, 'x-gateway': odd } } }
    t.true(problems(petStore({ paths })).includes('GW2102'))
  }
})

test('references to variables and files are resolved before the settings are checked', (t) => {
  const scheme = { notifications: { onKeyChangeUrl: 'env:URL', sharedSecret: 'file:/run/secret' } }
  const { api, diagnostics } = compiled(petStore({ scheme }))
  t.deepEqual(diagnostics, [])
  const built = api?.securitySchemes.get('oauth')
  if (built?.kind !== 'issuer') return t.fail()
  t.is(built.settings.notifications?.onKeyChangeUrl, 'http://127.0.0.1:4000')
  t.is(built.settings.notifications?.sharedSecret?.reveal(), 'from-file')
})

test('a document depends on the files that its settings refer to, there or not', (t) => {
  t.deepEqual(compiled(petStore({ scheme: { provisionKey: 'file:/run/secret' } })).files, ['/run/secret'])
  t.deepEqual(compiled(petStore({ scheme: { provisionKey: 'file:/nowhere' } })).files, ['/nowhere'])
  t.deepEqual(compiled(petStore({ scheme: { provisionKey: 'env:SECRET' } })).files, [])
})

test('where the server settings cannot be read, nobody is told that authentication is off', (t) => {
  const root = { security: [{ oauth: [] }] }
  t.deepEqual(problems(petStore({ root, server: { authentication: { enabled: 'yes' } } })), ['GW2102'])
})

test('an upstream that cannot be read is one error, not two', (t) => {
  const upstream = { url: 'http://127.0.0.1:3000', timeout: { total: 'soon' } }
  t.deepEqual(problems(petStore({ extension: { upstream } })), ['GW2102'])
})

test('a reference that leads to nothing is an error at its position, and says nothing else', (t) => {
  const { api, diagnostics } = compiled(petStore({ extension: { upstream: { url: 'env:NOWHERE' } } }))
  t.is(api, undefined)
  const named = diagnostics.find(({ code }) => code === 'GW1301')
  t.is(named?.pointer, '/x-gateway/upstream/url')
  t.regex(named?.message ?? '', /NOWHERE/)
  t.deepEqual(problems(petStore({ scheme: { provisionKey: 'file:/nowhere' } })), ['GW1301'])
  t.deepEqual(problems(petStore({ middleware: { global: { signing: { key: 'env:NOWHERE' } } } })), ['GW1301'])
})

test('what a reference stands for is checked, and never shown', (t) => {
  const { diagnostics } = compiled(petStore({ extension: { upstream: { url: 'env:BAD' } } }))
  t.true(diagnostics.some(({ code }) => code === 'GW2102'))
  t.false(JSON.stringify(diagnostics).includes('not a url'))
})

test('another value behind a reference is another revision', (t) => {
  const document = petStore({ scheme: { provisionKey: 'env:SECRET' } })
  const revision = (secret: string) => compiled(document, { environment: () => secret }).api?.revision
  t.is(revision('a'), revision('a'))
  t.not(revision('a'), revision('b'))
  t.false(JSON.stringify(compiled(document).api).includes('hidden-value'))
})

test('a secret that stands literally in the document is a warning at its place', (t) => {
  const key = { type: 'apiKey', in: 'header', name: 'X-Key' }
  const keys = [
    { consumer: 'a', key: 'literal' },
    { consumer: 'b', key: 'env:SECRET' },
  ]
  const wish = { declared: { key }, schemes: { key: { enabled: true, keys } }, scheme: { provisionKey: 'literal' } }
  const { diagnostics } = compiled(petStore({ ...wish, middleware: { global: { signing: { key: 'literal' } } } }))
  t.deepEqual(
    diagnostics.map(({ code, pointer }) => [code, pointer.split('/').slice(-3).join('/')]),
    [
      ['GW1302', 'securitySchemes/oauth/provisionKey'],
      ['GW1302', 'keys/0/key'],
      ['GW1302', 'global/signing/key'],
    ],
  )
})

test('a document without the extension gets the defaults', (t) => {
  const { api, diagnostics } = compiled({
    openapi: '3.0.3',
    info: { title: 'Petstore – Ünïcode & more!', version: '1' },
    servers: [{ url: '/relative' }, { url: 'https://{host}/v1', variables: { host: { default: 'pets.test' } } }],
    paths: {},
  })
  t.is(api?.id, 'petstore-unicode-more')
  t.is(api?.listenPath, '/petstore-unicode-more')
  t.is(api?.upstream.url, 'https://pets.test/v1')
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ['GW4104'],
  )
  t.is(
    compiled({ openapi: '3.0.3', info: { title: '宠物', version: '1' }, paths: {}, servers: [{ url: 'http://a' }] }).api
      ?.id,
    'pets',
  )
})

test('without a place to forward to, nothing is served', (t) => {
  const document = { openapi: '3.0.3', info: { title: 'A', version: '1' }, paths: {}, servers: [{ url: '/v1' }] }
  t.deepEqual(problems(document), ['GW4102'])
})

const LISTEN: readonly (readonly [value: string, path: string | undefined])[] = [
  ['/', ''],
  ['/pets', '/pets'],
  ['/pets///', '/pets'],
  ['/a/b/', '/a/b'],
  ['/p%65ts', '/pets'],
  ['/café', '/caf%C3%A9'],
  ['/a//b', undefined],
  ['/../a', undefined],
  ['/a/%2e%2e/b', undefined],
  ['/a%2fb', undefined],
  ['/a\\b', undefined],
  ['/{tenant}/', undefined],
  ['/.well-known', undefined],
  ['/.well-known/x', undefined],
  ['/.wel%6c-known/', undefined],
  ['/100%', undefined],
]
for (const [value, path] of LISTEN) {
  test(`the listen path ${value} ${path === undefined ? 'is refused' : `is ${path || 'the root'}`}`, (t) => {
    const { api, diagnostics } = compiled(petStore({ server: { listenPath: { value } } }))
    t.is(api?.listenPath, path)
    const problem = diagnostics.find(({ severity }) => severity === 'error')
    t.is(problem?.code, path === undefined ? 'GW4101' : undefined)
    if (problem) t.is(problem.pointer, '/x-gateway/server/listenPath/value')
  })
}
