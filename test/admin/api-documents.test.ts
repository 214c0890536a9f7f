import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { adminCall } from '../_kit/admin-call.ts'
import { cpuTimeOf } from '../_kit/cpu-time.ts'
import { gatewayFor, type TestGateway } from '../_kit/gateway.ts'
import { startUpstream } from '../_kit/upstream.ts'
import { forTest } from '../_kit/world.ts'

const PETS = `# Pets, kept by hand
openapi: 3.1.0
info: { title: Pets, version: '1' }
paths:
  /pets:
    get:
      operationId: listPets
      responses: { '200': { description: ok } }
x-gateway:
  server:
    # the address people know
    listenPath: { value: /pets/ }
  upstream:
    url: http://127.0.0.1:9   # replaced in every place
`
const served = async (gateway: TestGateway, path: string): Promise<number> => (await fetch(gateway.url + path)).status
const onDisk = (gateway: TestGateway, name: string): string => readFileSync(join(gateway.folder, name), 'utf8')
const etagOf = async (gateway: TestGateway, id: string): Promise<string> =>
  (await adminCall(gateway, 'GET', `/api/apis/${id}`)).headers.get('etag') ?? ''

test('a posted document is served at once, lies in the folder as it was sent, and has an entity tag', async (t) => {
  const upstream = await forTest(t, startUpstream())
  const gateway = await gatewayFor(t, { documents: {} })
  const text = PETS.replace('http://127.0.0.1:9', upstream.url)
  const created = await adminCall(gateway, 'POST', '/api/apis', text)
  t.is(created.status, 201)
  t.is(created.headers.get('location'), '/api/apis/pets')
  t.is(created.json['state'], 'live')
  t.is(onDisk(gateway, 'pets.yaml'), text)
  t.is(await served(gateway, '/pets/pets'), 200)
  t.is(created.headers.get('etag'), await etagOf(gateway, 'pets'))
  const again = await adminCall(gateway, 'POST', '/api/apis', text)
  t.deepEqual([again.status, again.json['type']], [409, 'urn:gatehouse:problem:api_exists'])
})

test('a document that cannot be served is refused with all diagnostics, and nothing is written', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  const broken = PETS.replace('listenPath:', 'listenPaht:').replace('http:', 'ftp:')
  const { status, json, headers } = await adminCall(gateway, 'POST', '/api/apis', broken)
  t.is(status, 422)
  t.is(headers.get('content-type'), 'application/problem+json')
  const found = json['diagnostics'] as readonly { code: string; line: number; hint?: string }[]
  t.deepEqual(
    found.filter(({ code }) => code.startsWith('GW2')).map(({ code, line }) => [code, line]),
    [
      ['GW2101', 12],
      ['GW2102', 14],
    ],
  )
  t.deepEqual(readdirSync(gateway.folder), [])
  for (const text of ['', 'just words', '{"swagger":"2.0"}', 'openapi: [']) {
    t.true([400, 422].includes((await adminCall(gateway, 'POST', '/api/apis', text)).status), text)
  }
})

test('a listen path or an id that another document has is a conflict with a reason', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const other = await adminCall(gateway, 'POST', '/api/apis', PETS.replace('title: Pets', 'title: Cats'))
  t.is(other.status, 409)
  t.is(other.json['type'], 'urn:gatehouse:problem:place_taken')
  t.regex(String(other.json['detail']), /listen path \/pets .*pets\.yaml/)
})

test('a document is a document, whatever its media type says, also without one', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream', '']) {
    const body = new Blob([PETS]) // no text: `fetch` would name its type
    const headers = { authorization: gateway.adminSecret, ...(type === '' ? {} : { 'content-type': type }) }
    const answer = await fetch(`${gateway.adminUrl}/api/apis?dryRun=true`, { method: 'POST', headers, body })
    t.is(answer.status, 200, type)
  }
})

test('RFC 7396: a merge patch changes the text where it says so, and nowhere else', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const patch = {
    'x-gateway': { server: { listenPath: { value: '/cats/' } }, middleware: { global: { allowList: true } } },
  }
  const { status, json } = await adminCall(gateway, 'PATCH', '/api/apis/pets', patch)
  t.deepEqual([status, json['listen_path']], [200, '/cats/'])
  const want = PETS.replace('/pets/ }', '/cats/ }')
  t.is(onDisk(gateway, 'pets.yaml'), `${want}  middleware:\n    global:\n      allowList: true\n`)
  t.is(await served(gateway, '/pets/pets'), 404)
  t.is(await served(gateway, '/cats/other'), 404, 'the allow list holds')
  const nothing = await adminCall(gateway, 'PATCH', '/api/apis/pets', {})
  t.is(nothing.status, 200)
  t.is(nothing.headers.get('etag'), await etagOf(gateway, 'pets'))
})

test('RFC 6902: a JSON Patch is applied as a whole, or refused with the operation that fails', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const type = { 'content-type': 'application/json-patch+json' }
  const patch = [
    { op: 'test', path: '/x-gateway/server/listenPath/value', value: '/pets/' },
    { op: 'add', path: '/x-gateway/server/hosts', value: ['a.example'] },
    { op: 'replace', path: '/info/version', value: '2' },
  ]
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', patch, type)).status, 200)
  const want = PETS.replace("'1'", "'2'").replace('/pets/ }\n', '/pets/ }\n    hosts:\n      - a.example\n')
  t.is(onDisk(gateway, 'pets.yaml'), want)
  const failing = [
    { op: 'remove', path: '/x-gateway/server/hosts' },
    { op: 'test', path: '/info/version', value: '1' },
  ]
  const refused = await adminCall(gateway, 'PATCH', '/api/apis/pets', failing, type)
  t.deepEqual([refused.status, refused.json['operation']], [409, 1])
  const nowhere = await adminCall(gateway, 'PATCH', '/api/apis/pets', [{ op: 'remove', path: '/nowhere' }], type)
  t.is(nowhere.json['type'], 'urn:gatehouse:problem:patch_conflict')
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', [{ op: 'x' }], type)).status, 400)
  const plain = await adminCall(gateway, 'PATCH', '/api/apis/pets', 'a: 1')
  t.is(plain.status, 415)
  t.truthy(plain.headers.get('accept-patch'))
  t.is(onDisk(gateway, 'pets.yaml'), want)
})

test('a patch that is deep, or that grows without end, is refused at once', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const deep = `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`
  const json = { 'content-type': 'application/merge-patch+json' }
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', deep, json)).status, 400)
  const bomb = Array.from({ length: 60 }, (_, index) => ({ op: 'copy', from: '', path: `/x-${index}` }))
  const patch = { 'content-type': 'application/json-patch+json' }
  const took = await cpuTimeOf(async () => {
    t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', bomb, patch)).status, 422)
  })
  t.true(took < 20_000, `${took} ms`)
  t.is(onDisk(gateway, 'pets.yaml'), PETS)
})

test('a patch that would break the API is refused, and the API goes on', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const patch = { 'x-gateway': { upstream: { url: 'nowhere' } } }
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', patch)).status, 422)
  t.is(onDisk(gateway, 'pets.yaml'), PETS)
  const renamed = await adminCall(gateway, 'PATCH', '/api/apis/pets', { info: { title: 'Cats' } })
  t.deepEqual([renamed.status, renamed.json['type']], [422, 'urn:gatehouse:problem:id_changed'])
})

test('PUT keeps the bytes it is given; JSON for a document in YAML becomes an edit of the YAML', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const text = `${PETS}# one more remark\n`
  t.is((await adminCall(gateway, 'PUT', '/api/apis/pets', text)).status, 200)
  t.is(onDisk(gateway, 'pets.yaml'), text)
  const value = {
    openapi: '3.1.0',
    info: { title: 'Pets', version: '3' },
    paths: {},
    'x-gateway': { server: { listenPath: { value: '/pets/' } }, upstream: { url: 'http://127.0.0.1:9' } },
  }
  t.is((await adminCall(gateway, 'PUT', '/api/apis/pets', value)).status, 200)
  const after = onDisk(gateway, 'pets.yaml')
  t.true(after.includes('# the address people know') && after.includes("version: '3'") && after.includes('paths: {}'))
})

test('RFC 9110 §13.1.1: every write honours If-Match, and says which tag holds now', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const stale = await etagOf(gateway, 'pets')
  writeFileSync(join(gateway.folder, 'pets.yaml'), `${PETS}# by hand\n`)
  const patch = { info: { description: 'x' } }
  for (const [method, body] of [
    ['PUT', PETS],
    ['PATCH', patch],
    ['DELETE', undefined],
  ] as const) {
    const refused = await adminCall(gateway, method, '/api/apis/pets', body, { 'if-match': stale })
    t.is(refused.status, 412, method)
    t.is(refused.json['etag'], await etagOf(gateway, 'pets'))
  }
  t.is(onDisk(gateway, 'pets.yaml'), `${PETS}# by hand\n`)
  const fresh = await adminCall(gateway, 'PATCH', '/api/apis/pets', patch, {
    'if-match': await etagOf(gateway, 'pets'),
  })
  t.is(fresh.status, 200)
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets', {}, { 'if-match': '*' })).status, 200)
  const weak = `W/${await etagOf(gateway, 'pets')}`
  t.is(
    (await adminCall(gateway, 'PATCH', '/api/apis/pets', {}, { 'if-match': weak })).status,
    412,
    'a weak tag never matches',
  )
})

test('of many that edit one document at once, none loses what another wrote', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const patch = async (index: number): Promise<number> => {
    const body = { info: { [`x-${index}`]: index } }
    const { status } = await adminCall(gateway, 'PATCH', '/api/apis/pets', body)
    return status === 409 || status === 503 ? patch(index) : status // 503: others had the file for too long
  }
  t.deepEqual(new Set(await Promise.all(Array.from({ length: 12 }, (_, index) => patch(index)))), new Set([200]))
  for (let index = 0; index < 12; index++) t.true(onDisk(gateway, 'pets.yaml').includes(`x-${index}: ${index}`))
  t.deepEqual(readdirSync(gateway.folder), ['pets.yaml'], 'no lock and no half-written file stays behind')
})

test('dryRun says what would become of it, with the difference, and changes nothing', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  const patch = { 'x-gateway': { server: { listenPath: { value: '/cats/' } } } }
  const dry = await adminCall(gateway, 'PATCH', '/api/apis/pets?dryRun=true', patch)
  t.deepEqual([dry.status, dry.json['dry_run'], dry.json['listen_path']], [200, true, '/cats/'])
  t.regex(String(dry.json['diff']), /-.*\/pets\/ }\n\+.*\/cats\/ }/)
  t.is((await adminCall(gateway, 'DELETE', '/api/apis/pets?dryRun=true')).status, 200)
  t.is((await adminCall(gateway, 'POST', '/api/apis?dryRun=true', PETS.replaceAll(/pets/gi, 'Cats'))).status, 200)
  t.is((await adminCall(gateway, 'PATCH', '/api/apis/pets?dryRun=perhaps', patch)).status, 400)
  t.deepEqual(readdirSync(gateway.folder), ['pets.yaml'])
  t.is(onDisk(gateway, 'pets.yaml'), PETS)
})

test('DELETE takes the document away, and its listen path answers 404', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  t.not(await served(gateway, '/pets/pets'), 404)
  t.is((await adminCall(gateway, 'DELETE', '/api/apis/pets')).status, 204)
  t.false(existsSync(join(gateway.folder, 'pets.yaml')))
  t.is(await served(gateway, '/pets/pets'), 404)
  t.is((await adminCall(gateway, 'DELETE', '/api/apis/pets')).status, 404)
})

test('with a document goes the original that it was imported from', async (t) => {
  const gateway = await gatewayFor(t, { documents: {} })
  t.is((await adminCall(gateway, 'POST', '/api/apis/import', PETS)).status, 201)
  t.is((await adminCall(gateway, 'DELETE', '/api/apis/pets')).status, 204)
  t.deepEqual(readdirSync(join(gateway.folder, '.originals')), [])
})

test('a broken file can be replaced, but not patched', async (t) => {
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': 'openapi: 3.1.0\ninfo: [' } })
  const patched = await adminCall(gateway, 'PATCH', '/api/apis/pets', { a: 1 })
  t.deepEqual([patched.status, patched.json['type']], [409, 'urn:gatehouse:problem:document_unreadable'])
  t.is((await adminCall(gateway, 'PUT', '/api/apis/pets', PETS)).status, 200)
})

test('a folder that cannot be written is said to be so', async (t) => {
  if (process.getuid?.() === 0) {
    t.pass('root may write everywhere')
    return
  }
  const gateway = await gatewayFor(t, { documents: { 'pets.yaml': PETS } })
  chmodSync(gateway.folder, 0o555)
  const { status, json } = await adminCall(gateway, 'PATCH', '/api/apis/pets', { info: { description: 'x' } })
  chmodSync(gateway.folder, 0o755)
  t.deepEqual([status, json['type']], [409, 'urn:gatehouse:problem:documents_read_only'])
})
