import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse } from 'yaml'
import { adminCall } from '../_kit/admin-call.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const PLAIN = `openapi: 3.0.3
info: { title: Pet Store, version: '1' }  # a version
servers: [{ url: http://127.0.0.1:9/v2 }]
security: [{ oauth: [read] }]
paths:
  /pets:
    get: { operationId: listPets, responses: { '200': { description: ok } } }
    post: { operationId: addPet, security: [{ oauth: [write] }], responses: { '201': { description: ok } } }
  /about:
    get: { operationId: about, security: [], responses: { '200': { description: ok } } }
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows:
        clientCredentials: { tokenUrl: /oauth/token, scopes: { read: Read, write: Write } }
`
const read = (gateway: TestGateway, name: string): string => readFileSync(join(gateway.folder, name), 'utf8')
const codes = (json: Readonly<Record<string, unknown>>): string[] =>
  (json['diagnostics'] as readonly { code: string }[]).map(({ code }) => code)

/** A server that answers with files. */
async function filesFor(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    if (path === '/moved') return response.writeHead(302, { location: '/specs/openapi.yaml' }).end()
    const text = files[path]
    return text === undefined ? response.writeHead(404).end() : response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a plain document becomes a working, protected API, and its text stays as it was', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: {} })
  const path = `/api/apis/import?authentication=true&listenPath=/store/&upstreamURL=${upstream.url}/v2`
  const { status, json } = await adminCall(gateway, 'POST', path, PLAIN)
  t.deepEqual([status, json['id'], json['outcome'], json['listen_path']], [201, 'pet-store', 'created', '/store/'])
  t.true(read(gateway, 'pet-store.yaml').startsWith(PLAIN))
  t.is(read(gateway, '.originals/pet-store.yaml'), PLAIN)
  t.is((await fetch(`${gateway.url}/store/pets`)).status, 401)
  t.is((await fetch(`${gateway.url}/store/about`)).status, 200)
  const client = await adminCall(gateway, 'POST', '/api/apis/oauth/pet-store', { scopes: ['read'] })
  const { client_id: id, client_secret: secret } = client.json as Record<string, string>
  const token = await fetch(`${gateway.url}/store/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read' }),
  })
  const { access_token } = (await token.json()) as { access_token: string }
  const called = await fetch(`${gateway.url}/store/pets`, { headers: { authorization: `Bearer ${access_token}` } })
  t.is(called.status, 200)
  t.is(upstream.last().path, '/v2/pets')
})

test('what keeps an imported scheme from working is listed precisely', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const code = PLAIN.replace('clientCredentials: {', 'authorizationCode: { authorizationUrl: /oauth/authorize,')
  const incomplete = await adminCall(gateway, 'POST', '/api/apis/import?authentication=true&dryRun=true', code)
  t.is(incomplete.status, 200)
  const [missing] = (incomplete.json['diagnostics'] as { code: string; message: string; hint: string }[]).filter(
    (one) => one.code === 'GW6201',
  )
  t.regex(missing?.message ?? '', /no login page/)
  t.regex(missing?.hint ?? '', /authLoginRedirect/)
  const login = `/api/apis/import?authentication=true&login=${encodeURIComponent('http://127.0.0.1:3/login')}`
  const complete = await adminCall(gateway, 'POST', login, code)
  t.deepEqual([complete.status, codes(complete.json).includes('GW6201')], [201, false])
  const to = await fetch(`${gateway.url}/pet-store/oauth/authorize?response_type=code&client_id=x`, {
    redirect: 'manual',
  })
  t.is(to.status, 400, 'the authorization endpoint is there')
  const foreign = PLAIN.replace('/oauth/token', 'https://login.example/token').replace('Pet Store', 'Other')
  const external = await adminCall(gateway, 'POST', '/api/apis/import?authentication=true&dryRun=true', foreign)
  const told = JSON.stringify(external.json['diagnostics'])
  t.regex(told, /issued by https:\/\/login\.example\/token.*jwt \{ issuer/)
})

test('an import switches on what it is asked for, and nothing else', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const query =
    'allowList=true&validateRequest=true&mockResponse=true&listenPath=/v&upstreamURL=http://127.0.0.1:8&id=pets'
  t.is((await adminCall(gateway, 'POST', `/api/apis/import?${query}`, PLAIN)).status, 201)
  const { 'x-gateway': extension } = parse(read(gateway, 'pets.yaml')) as { 'x-gateway': object }
  t.deepEqual(extension, {
    info: { id: 'pets' },
    server: { listenPath: { value: '/v' } },
    upstream: { url: 'http://127.0.0.1:8' },
    middleware: { global: { allowList: true, validateRequest: { enabled: true }, mockResponse: { enabled: true } } },
  })
  t.is((await fetch(`${gateway.url}/v/undeclared`)).status, 404)
})

test('Swagger 2.0 is converted, served, and its losses are told at their places', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const swagger = {
    swagger: '2.0',
    info: { title: 'Old', version: '1' },
    host: '127.0.0.1:9',
    schemes: ['http'],
    basePath: '/v1',
    paths: { '/a': { get: { schemes: ['ws'], responses: { 200: { description: 'ok' } } } } },
  }
  const { status, json } = await adminCall(gateway, 'POST', '/api/apis/import', JSON.stringify(swagger, null, 2))
  t.deepEqual([status, json['upstream']], [201, 'http://127.0.0.1:9/v1'])
  const found = json['diagnostics'] as { code: string; line: number }[]
  t.deepEqual(
    found.filter(({ code }) => code === 'GW6002').map(({ line }) => line),
    [15],
  )
  t.is((JSON.parse(read(gateway, 'old.json')) as { openapi: string }).openapi, '3.0.3')
})

test('the next version is merged: policies stay, a plan tells what changes, and dryRun changes nothing', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  await adminCall(gateway, 'POST', '/api/apis/import', PLAIN)
  const policies = {
    'x-gateway': { middleware: { operations: { listPets: { timeout: '3s' }, about: { timeout: '4s' } } } },
  }
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pet-store', policies)).status, 200)
  const next = PLAIN.replace('  /pets:', '  /animals:')
    .replace('operationId: about', 'operationId: aboutUs')
    .replace('/about', '/about-us')
  t.is((await adminCall(gateway, 'POST', '/api/apis/import', next)).status, 409)
  const before = read(gateway, 'pet-store.yaml')
  const dry = await adminCall(gateway, 'POST', '/api/apis/import?mode=merge&dryRun=true', next)
  const plan = dry.json['plan'] as { moved: object[]; removed: string[]; policies: object[] }
  t.deepEqual(plan.policies, [
    { key: 'about', fate: 'orphaned', suggestion: 'aboutUs' },
    { key: 'listPets', fate: 'kept' },
  ])
  t.deepEqual([plan.moved.length, plan.removed], [2, ['about']])
  t.is(read(gateway, 'pet-store.yaml'), before)
  const merged = await adminCall(gateway, 'POST', '/api/apis/import?mode=merge&renames=about=aboutUs', next)
  t.deepEqual([merged.status, merged.json['outcome']], [200, 'merged'])
  const { 'x-gateway': extension } = parse(read(gateway, 'pet-store.yaml')) as {
    'x-gateway': { middleware: { operations: object } }
  }
  t.deepEqual(extension.middleware.operations, { listPets: { timeout: '3s' }, aboutUs: { timeout: '4s' } })
  t.is(read(gateway, '.originals/pet-store.yaml'), next)
  const again = await adminCall(gateway, 'POST', '/api/apis/import?mode=merge', next)
  t.is(again.json['outcome'], 'unchanged')
})

test('what was changed here and in the new version is a conflict with the places, until somebody prefers a side', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  await adminCall(gateway, 'POST', '/api/apis/import', PLAIN)
  await adminCall(gateway, 'PATCH', '/api/apis/pet-store', { info: { version: '1-ours' } })
  const next = PLAIN.replace("'1'", "'2'")
  const open = await adminCall(gateway, 'POST', '/api/apis/import?mode=merge', next)
  t.deepEqual([open.status, open.json['type']], [409, 'urn:gatehouse:problem:merge_conflict'])
  t.deepEqual(open.json['conflicts'], [{ pointer: '/info/version', current: '1-ours', new: '2' }])
  const stale = await adminCall(gateway, 'POST', '/api/apis/import?mode=merge', next, { 'if-match': '"old"' })
  t.is(stale.status, 412)
  t.is((await adminCall(gateway, 'POST', '/api/apis/import?mode=merge&prefer=current', next)).status, 200)
  t.true(read(gateway, 'pet-store.yaml').includes('1-ours'))
})

test('a document at a URL comes with the files that it refers to, and nothing from elsewhere', async (t) => {
  const url = await filesFor(t, {
    '/specs/openapi.yaml': PLAIN.replace("'200': { description: ok }", "'200': { $ref: 'parts/ok.yaml' }").replace(
      'http://127.0.0.1:9/v2',
      '/served',
    ),
    '/specs/parts/ok.yaml':
      'description: fine\ncontent: { text/plain: { schema: { $ref: "more/text.yaml#/Text" } } }\n',
    '/specs/parts/more/text.yaml': 'Text: { type: string }\n',
  })
  const gateway = await gatewayFor(t, { documents: {} })
  const { status, json } = await adminCall(gateway, 'POST', `/api/apis/import?url=${url}/moved`)
  t.deepEqual(
    [status, json['upstream']],
    [201, `${url}/served`],
    'a relative server is meant from where the document was',
  )
  t.true(existsSync(join(gateway.folder, 'pet-store/openapi.yaml')))
  t.true(existsSync(join(gateway.folder, 'pet-store/parts/more/text.yaml')))
  const shown = await adminCall(gateway, 'GET', '/api/apis/pet-store/export?mode=public&format=json')
  t.is(shown.status, 200)
  t.false(/parts\/|more\//.test(shown.text.replaceAll('x-parts/', '')), 'one file that needs no other')
  t.is((await adminCall(gateway, 'POST', `/api/apis/import?url=${url}/nothing`)).status, 422)
  t.is((await adminCall(gateway, 'POST', '/api/apis/import?url=http://169.254.169.254/latest')).status, 422)
  t.is((await adminCall(gateway, 'POST', '/api/apis/import?url=file:///etc/passwd')).status, 422)
})

test('the public export shows what really holds: security, OAuth URLs, refusals, and nothing of the gateway', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  await adminCall(gateway, 'POST', '/api/apis/import?authentication=true', PLAIN)
  const secret = { passwordVerifier: { url: 'http://127.0.0.1:4', sharedSecret: 'do-not-tell' } }
  const extension = {
    server: { authentication: { securitySchemes: { oauth: secret } } },
    middleware: { operations: { addPet: { block: { enabled: true } } } },
  }
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pet-store', { 'x-gateway': extension })).status, 200)
  const { text, headers } = await adminCall(gateway, 'GET', '/api/apis/pet-store/export?mode=public')
  t.regex(headers.get('content-disposition') ?? '', /pet-store\.public\.yaml/)
  t.false(/x-gateway|do-not-tell|127\.0\.0\.1:9\b/.test(text))
  // biome-ignore lint/suspicious/noExplicitAny: the document is looked into at many places
  const shown = parse(text) as any
  t.deepEqual(shown.servers, [{ url: `${gateway.url}/pet-store` }])
  t.is(shown.components.securitySchemes.oauth.flows.clientCredentials.tokenUrl, `${gateway.url}/pet-store/oauth/token`)
  t.deepEqual(Object.keys(shown.paths['/pets'].get.responses).sort(), ['200', '401', '403'])
  t.deepEqual(shown.paths['/pets'].get.security, [{ oauth: ['read'] }])
  t.deepEqual(
    [shown.paths['/about'].get.security, Object.keys(shown.paths['/about'].get.responses)],
    [undefined, ['200']],
  )
  t.is(shown.paths['/pets'].post, undefined, 'blocked')
  const full = await adminCall(gateway, 'GET', '/api/apis/pet-store/export')
  t.is(full.text, read(gateway, 'pet-store.yaml'))
})

test('an import of several files that is refused leaves none of them behind', async (t) => {
  const spec = PLAIN.replace('  /about:\n', "  /about/{id}: { $ref: 'paths/about.yaml' }\n  /about:\n")
  const part = "get: { operationId: one, responses: { '200': { description: ok } } }\n"
  const url = await filesFor(t, { '/openapi.yaml': spec, '/paths/about.yaml': part })
  const gateway = await gatewayFor(t, { documents: {} })
  const source = `/api/apis/import?url=${encodeURIComponent(`${url}/openapi.yaml`)}`
  t.is((await adminCall(gateway, 'POST', source)).status, 201)
  const refused = await adminCall(gateway, 'POST', `${source}&id=second`)
  t.deepEqual([refused.status, refused.json['type']], [409, 'urn:gatehouse:problem:place_taken'])
  t.deepEqual(
    readdirSync(gateway.folder, { recursive: true, encoding: 'utf8' }).filter((name) => /second.*yaml/.test(name)),
    [],
  )
  t.true(existsSync(join(gateway.folder, 'pet-store/paths/about.yaml')))
})

test('no import, however wrong, is more than refused', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const bodies = [
    '',
    '[]',
    'null',
    '{"swagger":"2.0"}',
    '{"swagger":"2.0","paths":[1],"definitions":7}',
    'a: &a [*a]',
    '{"openapi":"4.0.0"}',
  ]
  bodies.push(
    `{"swagger":"2.0","info":{"title":"x","version":"1"},"host":"h","paths":{"/a":{"get":{"parameters":[null,{"in":"body"},7],"responses":{"200":5}}}}}`,
  )
  for (const body of bodies) {
    const { status } = await adminCall(gateway, 'POST', '/api/apis/import', body)
    t.true(status < 500, `${status} ${body}`)
  }
  for (const query of ['mode=other', 'prefer=me', 'renames=a', 'authentication=maybe']) {
    t.is((await adminCall(gateway, 'POST', `/api/apis/import?${query}`, PLAIN)).status, 400, query)
  }
  for (const query of ['dryRun=true&dryRun=true', 'id=a&id=b', 'dryRun=maybe']) {
    t.is((await adminCall(gateway, 'POST', `/api/apis/import?${query}`, PLAIN)).status, 400, query)
  }
  const dry = await adminCall(gateway, 'POST', '/api/apis/import?dryRun', PLAIN)
  t.deepEqual([dry.status, dry.json['dry_run']], [200, true])
  t.false(existsSync(join(gateway.folder, 'pet-store.yaml')))
  for (const id of ['../x', 'a b', '.hidden', 'x'.repeat(101)]) {
    const asked = await adminCall(gateway, 'POST', `/api/apis/import?id=${encodeURIComponent(id)}`, PLAIN)
    t.deepEqual([asked.status, codes(asked.json).includes('GW6202')], [422, true], id)
    const own = `${PLAIN}x-gateway: { info: { id: ${JSON.stringify(id)} } }\n`
    const brought = await adminCall(gateway, 'POST', '/api/apis/import', own)
    t.deepEqual([brought.status, codes(brought.json).includes('GW2102')], [422, true], id)
  }
  const folder = mkdtempSync(join(tmpdir(), 'none-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  t.true(readdirSync(gateway.folder).length <= 2)
})
