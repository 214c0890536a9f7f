import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { parse } from 'yaml'
import { writeSchemas } from '../../src/api/json-schema.ts'
import { openApiJsonSchema } from '../../src/api/schema/document-schema.ts'
import { xGatewayJsonSchema } from '../../src/api/schema/gateway-schema.ts'
import { isObject, type JsonObject } from '../../src/document/node.ts'
import { policySettings } from '../../src/gateway/policies/index.ts'
import { petStore } from './compiled.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const validator = (schema: JsonObject) =>
  new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
const ofDocument = validator(openApiJsonSchema(policySettings))

test('the committed schemas are those of the settings: `npm run docs` writes them', (t) => {
  for (const [name, text] of writeSchemas(policySettings)) t.true(read(`schemas/${name}`) === text, `${name} is stale`)
})

test('every property has a title, a description and an example', (t) => {
  const lacking: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value))
      value.forEach((item, index) => {
        visit(item, `${path}/${index}`)
      })
    if (!isObject(value)) return
    const properties = isObject(value['properties']) ? value['properties'] : {}
    for (const [name, property] of Object.entries(properties)) {
      if (!isObject(property) || property['$ref'] !== undefined) continue
      for (const key of ['title', 'description', 'examples']) if (!property[key]) lacking.push(`${path}/${name} ${key}`)
    }
    for (const [key, member] of Object.entries(value)) {
      if (key !== 'examples' && key !== 'default') visit(member, `${path}/${key}`)
    }
  }
  visit(xGatewayJsonSchema(policySettings), '')
  t.deepEqual(lacking, [])
})

test('every example and default of a property is valid for it', (t) => {
  const schema = xGatewayJsonSchema(policySettings)
  const wrong: string[] = []
  const visit = (value: unknown, path: string): void => {
    if (!isObject(value)) return
    for (const [name, property] of Object.entries(isObject(value['properties']) ? value['properties'] : {})) {
      const at = `${path}/properties/${name}`
      if (!isObject(property)) continue
      const check = validator({ ...property, $defs: schema['$defs'] })
      const shown = [...(Array.isArray(property['examples']) ? property['examples'] : []), property['default']]
      for (const example of shown)
        if (example !== undefined && !check(example)) wrong.push(`${at} ${JSON.stringify(example)}`)
      visit(property, at)
    }
    for (const key of ['items', 'additionalProperties']) visit(value[key], `${path}/${key}`)
    if (Array.isArray(value['anyOf']))
      value['anyOf'].forEach((branch, index) => {
        visit(branch, `${path}/anyOf/${index}`)
      })
  }
  visit(schema, '')
  t.deepEqual(wrong, [])
})

test('the documents of this repository and of the seed are valid for the editor', (t) => {
  const documents = [
    parse(read('apis/step-on.yaml')),
    JSON.parse(read('apis/echo.json')),
    parse(read('test/api/fixtures/my-oauth-api.json')),
    petStore(),
    petStore({ root: { openapi: '3.1.0' } }),
  ]
  for (const document of documents) t.true(ofDocument(document), JSON.stringify(ofDocument.errors, null, 1))
})

test('a string may be a reference wherever it has a form of its own', (t) => {
  const scheme = {
    accessTokenLifetime: 'env:LIFETIME',
    authLoginRedirect: 'env:LOGIN',
    pkce: 'env:PKCE',
    provisionKey: 'file:/run/key',
  }
  const server = { listenPath: { value: 'env:PATH_OF_API' } }
  t.true(ofDocument(petStore({ scheme, server: {} })), JSON.stringify(ofDocument.errors))
  t.true(ofDocument(petStore({ server })), JSON.stringify(ofDocument.errors))
})

test('the editor sees a wrong key at the root, on a path item and on an operation', (t) => {
  const responses = { 200: { description: '' } }
  for (const openapi of ['3.0.3', '3.1.0']) {
    const at = (paths: object, extension: object = {}) => petStore({ paths, extension, root: { openapi } })
    t.true(ofDocument(at({ '/a': { 'x-gateway': { timeout: '1s' }, get: { responses, 'x-gateway': { block: {} } } } })))
    t.false(ofDocument(at({}, { sever: {} })))
    t.false(ofDocument(at({ '/a': { 'x-gateway': { timeuot: '1s' } } })))
    t.false(ofDocument(at({ '/a': { get: { responses, 'x-gateway': { timeuot: '1s' } } } })))
    t.false(ofDocument(at({ '/a': { get: { responses, 'x-gateway': { timeout: 'soon' } } } })))
  }
})
