import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import test from 'ava'
import type { Folder } from '../../src/document/folder.ts'
import { openFolder } from '../../src/document/folder.ts'
import { loadDocument, loadDocumentFile } from '../../src/document/load-document.ts'
import { childOf } from '../../src/document/node.ts'
import { cpuTimeOf } from '../_kit/cpu-time.ts'

const INFO = { title: 'Pets', version: '1' }
const base = (more: object) => JSON.stringify({ openapi: '3.0.3', info: INFO, paths: {}, ...more }, null, 1)
const codes = (text: string, folder?: Folder) =>
  loadDocument('a.json', text, folder).diagnostics.map(({ code }) => code)

/** A folder on disk with these files; links are `-> target`. */
function folderOf(files: Readonly<Record<string, string>>): { readonly path: string; readonly folder: Folder } {
  const path = mkdtempSync(join(tmpdir(), 'gatehouse-document-'))
  for (const [name, content] of Object.entries(files)) {
    const file = join(path, name)
    mkdirSync(dirname(file), { recursive: true })
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), file)
    else writeFileSync(file, content)
  }
  return { path, folder: openFolder(path) }
}

test('OpenAPI 3.0, 3.1 and 3.2 are read, everything else is named', (t) => {
  t.deepEqual(codes(base({})), [])
  t.is(loadDocument('a', base({ openapi: '3.1.1' })).document?.version, '3.1')
  t.is(loadDocument('a', base({ openapi: '3.2.0' })).document?.version, '3.2')
  t.deepEqual(codes(base({ openapi: '4.0.0' })), ['GW5002'])
  t.deepEqual(codes(JSON.stringify({ swagger: '2.0' })), ['GW5002'])
  t.deepEqual(codes('{"a": 1}'), ['GW5001'])
  t.deepEqual(codes('[]'), ['GW5001'])
  t.deepEqual(codes(''), ['GW5001'])
})

test('a reference to another file of the folder is followed, and its file is named as a dependency', (t) => {
  const { path, folder } = folderOf({
    'parts/pets.yaml':
      'get:\n  operationId: listPets\n  parameters:\n    - $ref: "../common.json#/limit"\n  responses: {default: {description: x}}\n',
    'common.json': '{"limit": {"name": "limit", "in": "query", "schema": {"type": "integer"}}}',
  })
  const text = base({ paths: { '/pets': { $ref: './parts/pets.yaml' } } })
  const { document, diagnostics, files } = loadDocument('apis/a.json', text, folder)
  t.deepEqual(diagnostics, [])
  t.deepEqual(files.map((file) => basename(file)).sort(), ['common.json', 'pets.yaml'])
  const [operation] = document?.operations ?? []
  t.is(operation?.node.source.file, 'apis/parts/pets.yaml')
  const parameter = operation && document?.follow(childOf(operation.node, 'parameters', 0))
  t.is(parameter && childOf(parameter, 'name').value, 'limit')
  rmSync(path, { recursive: true })
})

test('what is wrong in a file that is referred to is diagnosed there', (t) => {
  const { path, folder } = folderOf({
    'pets.yaml': 'get:\n  security:\n    - nobody: []\n  responses: {default: {description: x}}\n',
    'broken.yaml': 'get:\n  a: 1\n  a: 2\n',
  })
  const text = base({ paths: { '/pets': { $ref: 'pets.yaml' }, '/broken': { $ref: './broken.yaml' } } })
  const found = loadDocument('apis/a.json', text, folder).diagnostics
  t.deepEqual(
    found.map(({ code, file, line, column }) => [code, file, line, column]),
    [
      ['GW1203', 'apis/a.json', 12, 12],
      ['GW1104', 'apis/broken.yaml', 3, 3],
      ['GW3001', 'apis/pets.yaml', 3, 7],
    ],
  )
  rmSync(path, { recursive: true })
})

test('the operations of a path item win over those of the path item that it refers to', (t) => {
  const text = base({
    paths: {
      '/a': { get: { operationId: 'target', responses: {} }, put: { responses: {} } },
      '/b': { $ref: '#/paths/~1a', get: { operationId: 'own', responses: {} } },
    },
  })
  const operations = loadDocument('a', text).document?.operations.filter(({ path }) => path === '/b')
  t.deepEqual(
    operations?.map(({ method, node }) => [method, childOf(node, 'operationId').value]),
    [
      ['GET', 'own'],
      ['PUT', undefined],
    ],
  )
})

test('nothing outside of the folder is read, however it is written', (t) => {
  const outside = folderOf({ 'secret.yaml': 'get: {operationId: stolen, responses: {}}' })
  const { path, folder } = folderOf({
    'link.yaml': `-> ${join(outside.path, 'secret.yaml')}`,
    'inner/linked': `-> ${outside.path}`,
    'fine.yaml': 'get: {operationId: fine, responses: {default: {description: x}}}',
    'same.yaml': '-> fine.yaml',
  })
  const secret = join(outside.path, 'secret.yaml')
  const climbing = `../${basename(outside.path)}/secret.yaml`
  const refused = [
    ...[secret, `file://${secret}`, `FILE:${secret}`, climbing, encodeURIComponent(climbing), `inner/../${climbing}`],
    ...[
      'link.yaml',
      './link.yaml#/get',
      'inner/linked/secret.yaml',
      'C:\\secret.yaml',
      '..\\secret.yaml',
      '%00.yaml',
      '.',
      '..',
    ],
  ]
  for (const ref of refused) {
    const { document, diagnostics } = loadDocument('a.json', base({ paths: { '/x': { $ref: ref } } }), folder)
    t.deepEqual(document?.operations, [], ref)
    t.is(diagnostics[0]?.code, 'GW1202', ref)
    t.is(diagnostics[0]?.pointer, '/paths/~1x/$ref', ref)
    t.false(JSON.stringify(diagnostics).includes('stolen'), ref)
  }
  t.deepEqual(codes(base({ paths: { '/x': { $ref: 'same.yaml' } } }), folder), [])
  rmSync(path, { recursive: true })
  rmSync(outside.path, { recursive: true })
})

test('a folder, a missing file and a pipe are not files to read', (t) => {
  const { path, folder } = folderOf({ 'inner/a.yaml': '' })
  for (const ref of ['inner', 'missing.yaml', 'inner/a.yaml/b']) {
    t.deepEqual(codes(base({ paths: { '/x': { $ref: ref } } }), folder), ['GW1203'], ref)
  }
  rmSync(path, { recursive: true })
})

test('remote references are refused at their position; in a schema that is a warning', (t) => {
  for (const ref of ['http://127.0.0.1:1/a.yaml', 'https://x.example/#/a', '//x.example/a.yaml', 'urn:a:b']) {
    const [needed] = loadDocument('a', base({ paths: { '/x': { $ref: ref } } })).diagnostics
    t.deepEqual([needed?.code, needed?.severity, needed?.line], ['GW1201', 'error', 9], ref)
    const [schema] = loadDocument('a', base({ components: { schemas: { A: { $ref: ref } } } })).diagnostics
    t.deepEqual([schema?.code, schema?.severity], ['GW1207', 'warning'], ref)
  }
})

test('a document without folder refers to nothing but itself', (t) => {
  t.deepEqual(codes(base({ paths: { '/x': { $ref: './other.yaml' } } })), ['GW1202'])
})

test('cycles of references end in a diagnostic, recursive schemas do not', (t) => {
  const cycle = { A: { $ref: '#/components/schemas/B' }, B: { $ref: '#/components/schemas/A' } }
  t.deepEqual(codes(base({ components: { schemas: cycle } })), ['GW1207', 'GW1207'])
  const tree = { Tree: { type: 'object', properties: { left: { $ref: '#/components/schemas/Tree' } } } }
  t.deepEqual(codes(base({ components: { schemas: tree } })), [])
  const { path, folder } = folderOf({
    'a.yaml': '$ref: b.yaml',
    'b.yaml': '$ref: a.yaml',
  })
  t.true(codes(base({ paths: { '/x': { $ref: 'a.yaml' } } }), folder).includes('GW1205'))
  rmSync(path, { recursive: true })
})

test('a storm of references costs no more than its text', async (t) => {
  const schemas = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [
      `S${index}`,
      {
        allOf: Array.from({ length: 40 }, (_, other) => ({
          $ref: `#/components/schemas/S${(index + other + 1) % 400}`,
        })),
      },
    ]),
  )
  const took = await cpuTimeOf(() => t.deepEqual(codes(base({ components: { schemas } })), []))
  t.true(took < 2000, `${took} ms`)
})

test('`$ref` is only a word in examples, defaults and extensions', (t) => {
  const data = { $ref: 'file:///etc/passwd' }
  const schema = { type: 'object', default: data, example: data, enum: [data] }
  const properties = { example: { $ref: '#/components/schemas/A' }, $ref: { type: 'string' } }
  const more = { components: { schemas: { A: schema, B: { properties } } }, 'x-own': data }
  t.deepEqual(codes(base(more)), [])
})

test('duplicate operation ids, unknown schemes and scopes, and path parameters are found at their place', (t) => {
  const text = `openapi: 3.1.0
info: { title: Pets, version: '1' }
security:
  - outh: []
paths:
  /pets/{id}/{part}:
    parameters:
      - { name: id, in: path, required: true, schema: { type: string } }
      - { name: gone, in: path, required: true, schema: { type: string } }
    get:
      operationId: same
      security: [{ oauth: [raed] }]
    put:
      operationId: same
components:
  securitySchemes:
    oauth:
      type: oauth2
      flows: { password: { tokenUrl: /token, scopes: { read: '' } } }
`
  const found = loadDocument('a', text).diagnostics
  t.deepEqual(
    found.map(({ code, severity, line, column, hint }) => [code, severity, line, column, hint]),
    [
      ['GW3001', 'error', 4, 5, 'did you mean "oauth"?'],
      ['GW5203', 'warning', 9, 9, undefined],
      ['GW5202', 'warning', 10, 5, 'it is routed all the same, but never validated'],
      ['GW3002', 'warning', 12, 28, 'did you mean "read"?'],
      ['GW5202', 'warning', 13, 5, 'it is routed all the same, but never validated'],
      ['GW5201', 'warning', 14, 20, 'this operation goes by "PUT /pets/{id}/{part}"'],
    ],
  )
})

test('what security cannot be read as is an error, never an open door', (t) => {
  for (const security of ['oauth', { oauth: [] }, ['oauth'], [[]], [{ oauth: 'read' }], [{ oauth: null }], null, 7]) {
    const components = { securitySchemes: { oauth: { type: 'http', scheme: 'bearer' } } }
    const at = [
      base({ security, components }),
      base({ paths: { '/a': { get: { security, responses: {} } } }, components }),
    ]
    for (const text of at) t.true(codes(text).includes('GW3003'), JSON.stringify(security))
  }
})

test('the best alternative of a schema speaks, not all of them', (t) => {
  const broken = { type: 'oauth2', flows: { authorizationCode: { authorizationUrl: '/a', scopes: {} } } }
  for (const openapi of ['3.0.3', '3.1.0']) {
    const found = loadDocument('a', base({ openapi, components: { securitySchemes: { broken } } })).diagnostics
    t.deepEqual(
      found.map(({ code, message, pointer }) => [code, message, pointer]),
      [
        [
          'GW5102',
          "must have required property 'tokenUrl'",
          '/components/securitySchemes/broken/flows/authorizationCode',
        ],
      ],
    )
  }
})

test('the kind that is written decides which alternative speaks, however much is wrong with it', (t) => {
  const broken = { type: 'oauth2', flows: { password: {}, implicit: {} } }
  const found = loadDocument('a', base({ components: { securitySchemes: { broken } } })).diagnostics
  t.deepEqual(
    [...new Set(found.map(({ pointer }) => pointer))],
    ['/components/securitySchemes/broken/flows/password', '/components/securitySchemes/broken/flows/implicit'],
  )
})

test('sloppiness that does not stop the gateway is a warning', (t) => {
  const sloppy = [
    { info: {} },
    { extra: 1 },
    { tags: 'none' },
    { paths: { '/a': { get: {} } } },
    { paths: { '/a': { get: { parameters: [{ name: 'q' }], responses: 7 } } } },
    { components: { schemas: { A: { type: 'strin' } } } },
    { servers: [{}] },
  ]
  for (const more of sloppy) {
    const { diagnostics } = loadDocument('a', base(more))
    t.true(diagnostics.length > 0, JSON.stringify(more))
    t.deepEqual(
      diagnostics.filter(({ severity }) => severity === 'error'),
      [],
      JSON.stringify(more),
    )
  }
  t.true(codes(base({ paths: [] })).includes('GW5101'))
})

test('diagnostics of one code are cut at a hundred', (t) => {
  const paths = Object.fromEntries(
    Array.from({ length: 250 }, (_, index) => [`/a${index}/{x}`, { get: { responses: { 200: { description: '' } } } }]),
  )
  const found = loadDocument('a', base({ paths })).diagnostics
  t.is(found.filter(({ code }) => code === 'GW5202').length, 100)
  t.true(found.some(({ code, message }) => code === 'GW5103' && message.includes('150')))
})

test('a file that is not there, or not UTF-8, is a diagnostic', (t) => {
  const { path } = folderOf({ 'a.json': base({}) })
  t.deepEqual(loadDocumentFile(join(path, 'a.json')).diagnostics, [])
  t.deepEqual(
    loadDocumentFile(join(path, 'b.json')).diagnostics.map(({ code }) => code),
    ['GW1101'],
  )
  writeFileSync(join(path, 'c.json'), Buffer.from([0x7b, 0xff, 0x7d]))
  t.deepEqual(
    loadDocumentFile(join(path, 'c.json')).diagnostics.map(({ message }) => message),
    ['it is not UTF-8'],
  )
  rmSync(path, { recursive: true })
})
