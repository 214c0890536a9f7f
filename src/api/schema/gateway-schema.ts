import { z } from 'zod'
import { isObject, type JsonObject } from '../../document/node.ts'
import { type PolicySchemas, xGatewaySettings } from '../settings/gateway.ts'
import { describeInput } from './describe-input.ts'

/** JSON Schema (2020-12) of the `x-gateway` object at the root of a document, for editors, the console and the docs. */
export function xGatewayJsonSchema(policies: PolicySchemas): JsonObject {
  const made = z.toJSONSchema(xGatewaySettings(policies), { io: 'input', unrepresentable: 'any', reused: 'inline' })
  const { $schema, ...schema } = describeInput(made as JsonObject)
  const { schema: shared, definitions } = sharePolicies(schema)
  return {
    $schema,
    $id: 'urn:gatehouse:schema:x-gateway',
    ...shared,
    $defs: {
      reference: {
        title: 'Reference',
        description: 'Stands for the value of an environment variable, or for the content of a file.',
        type: 'string',
        pattern: '^(?:env:.+|file:/.+)$',
        examples: ['env:NAME', 'file:/run/secrets/name'],
      },
      ...definitions,
    },
  }
}

/** Policies stand in two places of the extension, and on path items and operations: they are defined once. */
function sharePolicies(schema: JsonObject): { schema: JsonObject; definitions: JsonObject } {
  const middleware = memberOf(schema, 'middleware')
  const global = memberOf(middleware, 'global')
  const operations = memberOf(middleware, 'operations')
  const places = isObject(operations['additionalProperties']) ? operations['additionalProperties'] : {}
  const policies = propertiesOf(places)
  const definitions = Object.fromEntries(Object.entries(policies).map(([name, policy]) => [`policy-${name}`, policy]))
  const shared = Object.fromEntries(Object.keys(policies).map((name) => [name, { $ref: `#/$defs/policy-${name}` }]))
  const properties = {
    ...propertiesOf(middleware),
    global: { ...global, properties: { ...propertiesOf(global), ...shared } },
    operations: { ...operations, additionalProperties: { $ref: '#/$defs/policies' } },
  }
  return {
    schema: { ...schema, properties: { ...propertiesOf(schema), middleware: { ...middleware, properties } } },
    definitions: { policies: { ...places, properties: shared }, ...definitions },
  }
}

function propertiesOf(schema: JsonObject): JsonObject {
  return isObject(schema['properties']) ? schema['properties'] : {}
}

function memberOf(schema: JsonObject, name: string): JsonObject {
  const member = propertiesOf(schema)[name]
  return isObject(member) ? member : {}
}
