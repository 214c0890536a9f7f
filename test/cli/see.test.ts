import { join } from 'node:path'
import test from 'ava'
import { parse } from 'yaml'
import { command, filesFor } from '../_kit/command.ts'

const DOCUMENT = `openapi: 3.1.0
info: { title: Pets, version: '1' }
security: [{ oauth: [read] }]
paths:
  /pets:
    x-gateway: { timeout: 4s }
    get: { operationId: listPets, responses: { '200': { description: ok } } }
    post:
      operationId: addPet
      x-gateway: { timeout: 1s }
      security: []
      responses: { '201': { description: ok } }
  /pets/{id}:
    get: { responses: { '200': { description: ok } } }
    delete: { x-gateway: { block: {} }, responses: { '204': { description: gone } } }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows:
        authorizationCode: { authorizationUrl: /authorize, tokenUrl: /token, scopes: { read: Read } }
        implicit: { authorizationUrl: /authorize, scopes: { read: Read } }
x-gateway:
  server:
    authentication:
      enabled: true
      securitySchemes:
        oauth:
          enabled: true
          allowedAuthorizeTypes: [code, token]
          authLoginRedirect: http://login.example/in
          pkce: optional
          provisionKey: literally
          passwordVerifier: { url: http://127.0.0.1:1, sharedSecret: env:VERIFIER }
  upstream: { url: http://127.0.0.1:9 }
  middleware:
    global: { timeout: 9s }
    operations:
      GET /pets/{petId}: { timeout: 2s }
`
const environment = { VERIFIER: 'secret-of-the-verifier', GATEHOUSE_PUBLIC_URL: 'https://api.example' }
const lineOf = (text: string): number => DOCUMENT.slice(0, DOCUMENT.indexOf(text)).split('\n').length
const run = (t: Parameters<typeof filesFor>[0], ...argv: string[]) => {
  const folder = filesFor(t, { 'pets.yaml': DOCUMENT })
  const args = argv.map((each) => each.replace('@', join(folder, 'pets.yaml')))
  return command(args, { environment, cwd: folder })
}

test('routes is the table that requests are matched against, the gateway’s own endpoints included', async (t) => {
  const { code, stdout } = await run(t, 'routes', '@')
  t.is(code, 0)
  const rows = stdout.split('\n').map((line) => line.trim().split(/ {2,}/))
  t.deepEqual(
    rows.find(([, , id]) => id === 'listPets'),
    ['GET', '/pets/pets', 'listPets', 'oauth(read)', 'timeout'],
  )
  t.deepEqual(rows.find(([, , id]) => id === 'addPet')?.[3], 'public')
  t.deepEqual(rows.find(([method]) => method === 'DELETE')?.[3], 'blocked')
  t.deepEqual(rows.find(([, path]) => path === '/pets/token')?.[2], 'oauth: token, refresh')
  t.deepEqual(rows.find(([, path]) => path === '/pets/*')?.[2], 'what is not declared')
  const json = JSON.parse((await run(t, 'routes', '@', '--json')).stdout) as {
    apis: { api: string; routes: object[] }[]
  }
  t.is(json.apis[0]?.api, 'pets')
})

test('effective names the place that each setting comes from, for the API and for an operation', async (t) => {
  const { stdout } = await run(t, 'effective', '@', '--json')
  const { settings } = JSON.parse(stdout) as { settings: { path: string; value: unknown; from: string }[] }
  const of = (path: string) => settings.find((setting) => setting.path === path)
  t.deepEqual([of('server.listenPath.value')?.value, of('server.listenPath.value')?.from], ['/pets/', 'info.title'])
  t.true(of('upstream.url')?.from.endsWith(`pets.yaml:${lineOf('127.0.0.1:9')}`))
  t.is(of('upstream.timeout.total')?.from, 'default')
  const scheme = 'server.authentication.securitySchemes.oauth'
  t.is(of(`${scheme}.provisionKey`)?.value, '***')
  t.is(of(`${scheme}.passwordVerifier.sharedSecret`)?.value, 'env:VERIFIER')
  t.false(stdout.includes('secret-of-the-verifier'))
  t.is(of('middleware.global.timeout')?.value, '9s')
  const timeouts: Readonly<Record<string, RegExp>> = {
    listPets: /timeout {2,}"4s" .*\(path item\)/,
    addPet: /timeout {2,}"1s" .*\(operation\)/,
    'GET /pets/{id}': /timeout {2,}"2s" .*\(operations\)/,
    'DELETE /pets/{id}': /timeout {2,}"9s" .*\(global\)/,
  }
  for (const [operation, line] of Object.entries(timeouts))
    t.regex((await run(t, 'effective', '@', operation)).stdout, line)
  t.is((await run(t, 'effective', '@', 'nothing')).code, 2)
})

test('audit finds what works and should not be wanted, and an ignore file says what to live with', async (t) => {
  const { code, stdout } = await run(t, 'audit', '@', '--json')
  t.is(code, 1)
  const found = (JSON.parse(stdout) as { diagnostics: { code: string; line: number; file: string }[] }).diagnostics
  const rules = found.map(({ code: rule }) => rule)
  for (const rule of [
    'literal-secret',
    'pkce-off',
    'implicit-on',
    'plain-http-tokens',
    'public-write',
    'undeclared-forwarded',
  ]) {
    t.true(rules.includes(rule), rule)
  }
  t.is(found.find(({ code: rule }) => rule === 'pkce-off')?.line, lineOf('pkce: optional'))
  t.false(stdout.includes('literally"'))
  const folder = filesFor(t, {
    'pets.yaml': DOCUMENT,
    '.gatehouse-audit': `# decided in March\nliteral-secret # until the vault is there\npkce-off\nimplicit-on\nplain-http-tokens ${found[0]?.file.replace(/.*\//, '')}\n`,
  })
  const ignoring = await command(['audit', 'pets.yaml'], { cwd: folder, environment })
  t.is(ignoring.code, 2, 'the path is that of the process')
  const ignored = await command(['audit', join(folder, 'pets.yaml')], { cwd: folder, environment })
  t.is(ignored.code, 1, 'the file of one line is another one')
  t.regex(ignored.stderr, /3 findings ignored/)
  const wrong = filesFor(t, { list: 'no-such-rule\n' })
  t.is((await run(t, 'audit', '@', '--ignore', join(wrong, 'list'))).code, 2)
  t.regex((await run(t, 'audit', '--rules')).stdout, /pkce-off +error/)
})

test('audit sees open CORS also where the document is refused for it, and speaks SARIF', async (t) => {
  const cors = '    global: { cors: { allowedOrigins: ["*"], allowCredentials: true } }'
  const folder = filesFor(t, { 'pets.yaml': DOCUMENT.replace('    global: { timeout: 9s }', cors) })
  const { stdout } = await command(['audit', join(folder, 'pets.yaml'), '--format', 'sarif'], { environment })
  const log = JSON.parse(stdout) as {
    runs: { tool: { driver: { rules: { id: string; shortDescription?: object }[] } }; results: { ruleId: string }[] }[]
  }
  t.true(log.runs[0]?.results.some(({ ruleId }) => ruleId === 'cors-any-origin-credentials'))
  t.true(log.runs[0]?.tool.driver.rules.every(({ shortDescription }) => shortDescription !== undefined))
})

test('export --public of a file shows the API at its public URL and nothing of the gateway', async (t) => {
  const { code, stdout } = await run(t, 'export', '@', '--public')
  t.is(code, 0)
  t.false(/x-gateway|literally|VERIFIER|127\.0\.0\.1/.test(stdout))
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many places
  const shown = parse(stdout) as any
  t.deepEqual(shown.servers, [{ url: 'https://api.example/pets' }])
  const { flows } = shown.components.securitySchemes.oauth
  t.is(flows.authorizationCode.authorizationUrl, 'https://api.example/pets/authorize')
  t.deepEqual(Object.keys(shown.paths['/pets/{id}']), ['get'])
  t.is((await run(t, 'export', '@')).stdout, DOCUMENT)
  t.is((await run(t, 'export', '@', '--format', 'json')).stdout.charAt(0), '{')
})

const OTHER_FILES = `openapi: 3.1.0
info: { title: Pets, version: '1' }
security: [{ key: [] }]
paths:
  /pets:
    $ref: pets.yaml
    parameters: [{ name: page, in: query, schema: { type: integer } }]
    put: { operationId: replacePets, responses: { '200': { description: ok } } }
  /cats: { $ref: '#/components/pathItems/Cats' }
components:
  securitySchemes: { key: { type: apiKey, in: header, name: X-Key } }
  pathItems:
    Cats:
      get: { operationId: listCats, security: [], responses: { '200': { description: ok } } }
      delete: { operationId: dropCats, x-gateway: { block: {} }, responses: { '204': { description: gone } } }
x-gateway:
  server:
    authentication: { enabled: true, securitySchemes: { key: { enabled: true, keys: [{ consumer: me, key: 'k' }] } } }
  upstream: { url: http://127.0.0.1:9 }
`
const PETS = `parameters:
  - { name: page, in: query, schema: { type: string } }
  - { name: size, in: query, schema: { type: string } }
get:
  operationId: listPets
  responses: { '200': { description: ok, content: { application/json: { schema: { $ref: pet.yaml } } } } }
delete:
  operationId: dropPets
  x-gateway: { block: {} }
  responses: { '200': { description: ok, content: { application/json: { schema: { $ref: secret.yaml } } } } }
`

test('export --public shows operations behind a $ref as all others: with what protects them, and not what is blocked', async (t) => {
  const folder = filesFor(t, {
    'all.yaml': OTHER_FILES,
    'pets.yaml': PETS,
    'pet.yaml': 'type: object\n',
    'secret.yaml': 'type: string\n',
  })
  const { code, stdout, stderr } = await command(['export', join(folder, 'all.yaml'), '--public'], { environment })
  t.is(code, 0, stderr)
  t.false(/dropPets|dropCats|secret/.test(stdout))
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many places
  const { paths, components } = parse(stdout) as any
  t.deepEqual(Object.keys(paths['/pets']).sort(), ['get', 'parameters', 'put'])
  for (const { security, responses } of [paths['/pets'].get, paths['/pets'].put]) {
    t.deepEqual([security, Object.keys(responses)], [[{ key: [] }], ['200', '401', '403']])
  }
  t.deepEqual(
    paths['/pets'].parameters.map(({ name, schema }: { name: string; schema: { type: string } }) => [
      name,
      schema.type,
    ]),
    [
      ['size', 'string'],
      ['page', 'integer'],
    ],
  )
  t.deepEqual([Object.keys(paths['/cats']), paths['/cats'].get.security], [['get'], undefined])
  const { $ref: schema } = paths['/pets'].get.responses['200'].content['application/json'].schema
  t.deepEqual(components['x-parts'], { [schema.split('/').at(-1)]: { type: 'object' } })
  t.is(components.pathItems, undefined)
})
