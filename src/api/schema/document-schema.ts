import { isObject, type JsonObject } from '../../document/node.ts'
import { openApi30Schema, openApi31Schema } from '../../document/openapi-schemas.ts'
import type { PolicySchemas } from '../settings/gateway.ts'
import { xGatewayJsonSchema } from './gateway-schema.ts'

const ROOT = '#/$defs/x-gateway'
const POLICIES = '#/$defs/x-gateway/$defs/policies'

/** JSON Schema of OpenAPI 3.0 and 3.1 documents with `x-gateway` at the root, on path items and on operations. */
export function openApiJsonSchema(policies: PolicySchemas): JsonObject {
  const extension = embed(xGatewayJsonSchema(policies), ROOT)
  const oas30 = embed(openApi30Schema(), '#/$defs/oas30')
  const oas31 = embed(openApi31Schema(), '#/$defs/oas31')
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:gatehouse:schema:openapi-x-gateway',
    title: 'OpenAPI document with x-gateway',
    description: 'An OpenAPI 3.0 or 3.1 document that Gatehouse serves.',
    type: 'object',
    required: ['openapi'],
    properties: { openapi: { type: 'string', pattern: '^3\\.[01]\\.' }, 'x-gateway': { $ref: ROOT } },
    if: { properties: { openapi: { pattern: '^3\\.1\\.' } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits it
    then: { $ref: '#/$defs/oas31' },
    else: { $ref: '#/$defs/oas30' },
    $defs: {
      'x-gateway': extension,
      oas30: withExtension(oas30, 'definitions', 'PathItem', 'Operation'),
      oas31: withExtension(oas31, '$defs', 'path-item', 'operation'),
    },
  }
}

/** The schema as a definition of another: its references begin at the new place, its identity is gone. */
function embed(schema: JsonObject, place: string): JsonObject {
  const { $schema: _schema, $id: _newId, id: _oldId, ...rest } = schema
  const moved: unknown = JSON.parse(JSON.stringify(rest), (key, value: unknown) => {
    if (key === '$ref' && typeof value === 'string') return value.replace(/^#/, place)
    // Draft 4 says with a boolean what later drafts say with a number.
    if (isObject(value) && value['exclusiveMinimum'] === true) {
      const { minimum, ...others } = value
      return { ...others, exclusiveMinimum: minimum }
    }
    return value
  })
  return isObject(moved) ? moved : {}
}

function withExtension(schema: JsonObject, definitions: string, pathItem: string, operation: string): JsonObject {
  const all = isObject(schema[definitions]) ? schema[definitions] : {}
  return {
    ...withProperty(schema, ROOT),
    [definitions]: {
      ...all,
      [pathItem]: withProperty(all[pathItem], POLICIES),
      [operation]: withProperty(all[operation], POLICIES),
    },
  }
}

function withProperty(schema: unknown, ref: string): JsonObject {
  const own = isObject(schema) ? schema : {}
  const properties = isObject(own['properties']) ? own['properties'] : {}
  return { ...own, properties: { ...properties, 'x-gateway': { $ref: ref } } }
}
