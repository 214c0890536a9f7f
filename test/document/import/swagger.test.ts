import test from 'ava'
import { parse } from 'yaml'
import { readImport } from '../../../src/document/import/read-import.ts'
import { loadDocument } from '../../../src/document/load-document.ts'

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at many places
type Json = any

const base = { swagger: '2.0', info: { title: 'Old', version: '1' }, paths: {} }

/** The document that a Swagger one becomes, and what is lost. */
function converted(more: object): { readonly value: Json; readonly losses: readonly string[] } {
  const { text = '', diagnostics } = readImport('old.json', JSON.stringify({ ...base, ...more }, null, 1))
  const { diagnostics: found } = loadDocument('old.json', text)
  const wrong = found.filter(({ code }) => code.startsWith('GW51') || code.startsWith('GW12'))
  if (wrong.length > 0) throw new Error(wrong.map(({ message, pointer }) => `${pointer} ${message}`).join('\n'))
  const losses = diagnostics.filter(({ code }) => code === 'GW6002').map(({ pointer }) => pointer)
  return { value: parse(text), losses }
}

const ok = { 200: { description: 'ok' } }
const operation = (more: object): object => ({ paths: { '/a': { post: { responses: ok, ...more } } } })

test('host, base path and schemes become servers', (t) => {
  const servers = (more: object): unknown => converted(more).value.servers
  t.deepEqual(servers({ host: 'a.example', basePath: '/v1/', schemes: ['https', 'http'] }), [
    { url: 'https://a.example/v1' },
    { url: 'http://a.example/v1' },
  ])
  t.deepEqual(servers({ basePath: '/v1' }), [{ url: '/v1' }])
  t.is(servers({}), undefined)
  t.deepEqual(converted({ host: 'a.example' }).losses, ['/host'], 'the scheme is assumed')
  t.deepEqual(
    converted({ host: 'a.example', schemes: ['gopher'] }).losses,
    ['/schemes/0'].map(() => '/schemes'),
  )
})

test('a body parameter becomes a request body of every media type that is consumed', (t) => {
  const schema = { type: 'object', properties: { discriminator: { type: 'string' } } }
  const body = { name: 'b', in: 'body', required: true, description: 'the pet', schema }
  const { value } = converted({
    consumes: ['application/json', 'application/xml'],
    ...operation({ parameters: [body] }),
  })
  t.deepEqual(value.paths['/a'].post.requestBody, {
    description: 'the pet',
    content: { 'application/json': { schema }, 'application/xml': { schema } },
    required: true,
  })
  t.is(value.paths['/a'].post.parameters, undefined)
  const shared = { parameters: { pet: body }, ...operation({ parameters: [{ $ref: '#/parameters/pet' }] }) }
  t.deepEqual(converted(shared).value.paths['/a'].post.requestBody, { $ref: '#/components/requestBodies/pet' })
})

test('a shared body is copied for an operation that consumes other media types', (t) => {
  const schema = { type: 'object' }
  const parameters = { pet: { name: 'b', in: 'body', required: true, schema } }
  const shared = [{ $ref: '#/parameters/pet' }]
  const reference = { $ref: '#/components/requestBodies/pet' }
  const bodyOf = (more: object, consumes?: readonly string[]): Json => {
    const { value, losses } = converted({ parameters, ...more, ...operation({ parameters: shared, consumes }) })
    t.deepEqual(losses, [])
    return value.paths['/a'].post.requestBody
  }
  t.deepEqual(bodyOf({}, ['application/vnd.acme+json']), {
    content: { 'application/vnd.acme+json': { schema } },
    required: true,
  })
  t.deepEqual(bodyOf({ consumes: ['text/a', 'text/b'] }, ['text/a']), {
    content: { 'text/a': { schema } },
    required: true,
  })
  t.deepEqual(bodyOf({}, ['application/json']), reference)
  t.deepEqual(bodyOf({ consumes: ['text/a', 'text/b'] }, ['text/b', 'text/a']), reference)
  t.deepEqual(bodyOf({ consumes: ['text/a'] }), reference)
})

test('lists in forms keep how they are separated; in parts they cannot, which is told', (t) => {
  const list = (name: string, collectionFormat?: string): object => ({
    ...{ name, in: 'formData', type: 'array', items: { type: 'string' } },
    ...(collectionFormat === undefined ? {} : { collectionFormat }),
  })
  const parameters = [list('a', 'pipes'), list('b', 'multi'), list('c'), list('d', 'tsv')]
  const form = converted(operation({ parameters }))
  const encoding = {
    a: { style: 'pipeDelimited', explode: false },
    b: { style: 'form', explode: true },
    c: { style: 'form', explode: false },
    d: { style: 'form', explode: false },
  }
  const { content } = form.value.paths['/a'].post.requestBody
  t.deepEqual(content['application/x-www-form-urlencoded'].encoding, encoding)
  const at = (index: number): string => `/paths/~1a/post/parameters/${index}/collectionFormat`
  t.deepEqual(form.losses, [at(3)])
  const parts = converted(operation({ parameters: parameters.slice(0, 3), consumes: ['multipart/form-data'] }))
  t.deepEqual(Object.keys(parts.value.paths['/a'].post.requestBody.content['multipart/form-data']), ['schema'])
  t.deepEqual(parts.losses, [at(0), at(2)])
})

test('an integer that is rounded is told at its place', (t) => {
  const text = `swagger: "2.0"
info: { title: Old, version: "1" }
paths: {}
definitions:
  A: { type: integer, maximum: 9223372036854775807, minimum: -9007199254740992, multipleOf: 9007199254740991 }
  B: &b { type: integer, maximum: 1e300, default: 9007199254740993 }
  C: *b
`
  const lost = readImport('old.yaml', text).diagnostics.filter(({ code }) => code === 'GW6002')
  t.deepEqual(
    lost.map(({ pointer, line }) => [pointer, line]),
    [
      ['/definitions/A/maximum', 5],
      ['/definitions/B/default', 6],
    ],
  )
  t.regex(lost[0]?.message ?? '', /9223372036854775807 becomes 9223372036854776000/)
})

test('form fields become one body: a form, or parts when there is a file', (t) => {
  const name = { name: 'name', in: 'formData', type: 'string', required: true, description: 'its name' }
  const photo = { name: 'photo', in: 'formData', type: 'file' }
  const form = converted(operation({ parameters: [name] })).value.paths['/a'].post.requestBody
  t.deepEqual(form, {
    content: {
      'application/x-www-form-urlencoded': {
        schema: {
          type: 'object',
          properties: { name: { type: 'string', description: 'its name' } },
          required: ['name'],
        },
      },
    },
    required: true,
  })
  const parts = converted(operation({ parameters: [name, photo] })).value.paths['/a'].post.requestBody.content
  t.deepEqual(parts['multipart/form-data'].schema.properties.photo, { type: 'string', format: 'binary' })
  const item = { paths: { '/a': { parameters: [name], post: { responses: ok }, get: { responses: ok } } } }
  t.truthy(converted(item).value.paths['/a'].post.requestBody, 'fields of a path are those of its operations')
})

test('parameters keep their meaning: schema, and how lists are separated', (t) => {
  const list = (format: string): object => ({
    name: 'ids',
    in: 'query',
    type: 'array',
    items: { type: 'integer' },
    collectionFormat: format,
  })
  const of = (format: string): Json => {
    const {
      name,
      in: place,
      schema,
      ...style
    } = converted(operation({ parameters: [list(format)] })).value.paths['/a'].post.parameters[0]
    t.deepEqual([name, place, schema], ['ids', 'query', { type: 'array', items: { type: 'integer' } }])
    return style
  }
  t.deepEqual(of('csv'), { style: 'form', explode: false })
  t.deepEqual(of('multi'), { style: 'form', explode: true })
  t.deepEqual(of('ssv'), { style: 'spaceDelimited', explode: false })
  t.deepEqual(of('pipes'), { style: 'pipeDelimited', explode: false })
  t.deepEqual(converted(operation({ parameters: [list('tsv')] })).losses, [
    '/paths/~1a/post/parameters/0/collectionFormat',
  ])
})

test('responses get their content, examples and headers', (t) => {
  const response = {
    description: 'a pet',
    schema: { $ref: '#/definitions/Pet' },
    headers: { 'X-Left': { type: 'integer', description: 'left' } },
    examples: { 'application/json': { id: 1 } },
  }
  const definitions = {
    Pet: {
      type: 'object',
      discriminator: 'kind',
      required: ['kind'],
      properties: {
        kind: { type: 'string' },
        mother: { $ref: '#/definitions/Pet' },
        name: { type: 'string', 'x-nullable': true },
      },
    },
  }
  const { value } = converted({
    produces: ['application/json'],
    definitions,
    responses: { gone: { description: 'gone' } },
    ...operation({ responses: { 200: response, 404: { $ref: '#/responses/gone' } } }),
  })
  const { responses } = value.paths['/a'].post
  t.deepEqual(responses['200'], {
    description: 'a pet',
    headers: { 'X-Left': { description: 'left', schema: { type: 'integer' } } },
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Pet' }, example: { id: 1 } } },
  })
  t.deepEqual(responses['404'], { $ref: '#/components/responses/gone' })
  const { discriminator, properties } = value.components.schemas.Pet
  t.deepEqual(
    [discriminator, properties.mother, properties.name],
    [{ propertyName: 'kind' }, { $ref: '#/components/schemas/Pet' }, { type: 'string', nullable: true }],
  )
})

test('security schemes of every kind, each OAuth flow under its new name', (t) => {
  const oauth = (flow: string): object => ({
    type: 'oauth2',
    flow,
    authorizationUrl: '/authorize',
    tokenUrl: '/token',
    scopes: { a: 'A', 'x-note': 'no' },
  })
  const both = { authorizationUrl: '/authorize', tokenUrl: '/token' }
  const names: Readonly<Record<string, readonly [string, object]>> = {
    implicit: ['implicit', { authorizationUrl: '/authorize' }],
    password: ['password', { tokenUrl: '/token' }],
    application: ['clientCredentials', { tokenUrl: '/token' }],
    accessCode: ['authorizationCode', both],
  }
  for (const [flow, [name, urls]] of Object.entries(names)) {
    const { flows } = converted({ securityDefinitions: { oauth: oauth(flow) } }).value.components.securitySchemes.oauth
    t.deepEqual(flows, { [name]: { ...urls, scopes: { a: 'A' } } })
  }
  const plain = { basic: { type: 'basic', description: 'b' }, key: { type: 'apiKey', in: 'header', name: 'X-Key' } }
  t.deepEqual(converted({ securityDefinitions: plain }).value.components.securitySchemes, {
    basic: { type: 'http', scheme: 'basic', description: 'b' },
    key: plain.key,
  })
})

test('what has no counterpart is told at its place, and comments too', (t) => {
  t.deepEqual(converted(operation({ schemes: ['ws'] })).losses, ['/paths/~1a/post/schemes'])
  const elsewhere = { definitions: { A: { $ref: 'other.json#/definitions/B' } } }
  const { diagnostics } = readImport('old.json', JSON.stringify({ ...base, ...elsewhere }))
  t.true(diagnostics.some(({ code, pointer }) => code === 'GW6002' && pointer === '/definitions/A/$ref'))
  const yaml = readImport('old.yaml', 'swagger: "2.0"\n# why\ninfo: { title: Old, version: "1" }\npaths: {}\n')
  t.deepEqual(
    yaml.diagnostics.map(({ code }) => code),
    ['GW6001', 'GW6002'],
  )
  t.true(yaml.text?.startsWith('openapi: 3.0.3\n'), 'YAML stays YAML')
})

test('OpenAPI 3 comes as it is, byte by byte', (t) => {
  const text = '\ufeffopenapi: 3.1.0   # mine\r\ninfo: {}\r\n'
  t.deepEqual(readImport('a', text), { text, diagnostics: [] })
})
