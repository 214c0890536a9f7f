import type { JsonPath } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import type { Losses } from './losses.ts'
import { convertSchema, type Relocate } from './schemas.ts'

/** What was said beside `in` and `name` is the schema's now. */
const SCHEMA_KEYS = new Set([
  ...['type', 'format', 'items', 'default', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum', 'maxLength'],
  ...['minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems', 'enum', 'multipleOf', 'x-nullable'],
])

/** The schema of a parameter, header or form field. */
export function inlineSchema(parameter: JsonObject, path: JsonPath, relocate: Relocate): JsonObject {
  const own = Object.entries(parameter).filter(([key]) => SCHEMA_KEYS.has(key))
  return convertSchema(Object.fromEntries(own), path, relocate) as JsonObject
}

/** Swagger 2.0 "Parameter Object" of a path, query or header as one of OpenAPI 3.0. */
export function convertParameter(parameter: unknown, path: JsonPath, relocate: Relocate, losses: Losses): unknown {
  if (!isObject(parameter)) return parameter
  if (typeof parameter['$ref'] === 'string') return { $ref: relocate(parameter['$ref'], [...path, '$ref']) }
  const rest = Object.entries(parameter).filter(([key]) => !SCHEMA_KEYS.has(key) && key !== 'collectionFormat')
  const style = parameter['type'] === 'array' ? styleOf(parameter, path, losses) : {}
  return { ...Object.fromEntries(rest), ...style, schema: inlineSchema(parameter, path, relocate) }
}

/** OAS 3.0 "Style Values": how the items of a list are separated. */
function styleOf(parameter: JsonObject, path: JsonPath, losses: Losses): JsonObject {
  const isQuery = parameter['in'] === 'query'
  switch (parameter['collectionFormat'] ?? 'csv') {
    case 'csv':
      return isQuery ? { style: 'form', explode: false } : {}
    case 'multi':
      return { style: 'form', explode: true }
    case 'ssv':
      return { style: 'spaceDelimited', explode: false }
    case 'pipes':
      return { style: 'pipeDelimited', explode: false }
    default:
      losses.lose(
        [...path, 'collectionFormat'],
        'lists separated in this way do not exist in OpenAPI 3; commas stand in',
      )
      return isQuery ? { style: 'form', explode: false } : {}
  }
}

/** A body parameter as a request body. */
export function convertBody(
  parameter: JsonObject,
  path: JsonPath,
  consumes: readonly string[],
  relocate: Relocate,
): JsonObject {
  const { in: _in, name: _name, schema, required, description, ...rest } = parameter
  const media = { schema: convertSchema(schema ?? {}, [...path, 'schema'], relocate) }
  return {
    ...(description === undefined ? {} : { description }),
    content: Object.fromEntries(consumes.map((type) => [type, media])),
    ...(required === undefined ? {} : { required }),
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => key.startsWith('x-'))),
  }
}

/** Form fields as one request body: with a file among them in parts, else as a form. */
export function convertForm(
  fields: readonly (readonly [JsonObject, JsonPath])[],
  consumes: readonly string[],
  relocate: Relocate,
): JsonObject {
  const hasFile = fields.some(([field]) => field['type'] === 'file')
  const forms = consumes.filter((type) => /^(?:multipart\/form-data|application\/x-www-form-urlencoded)$/.test(type))
  const types = hasFile ? ['multipart/form-data'] : forms.length > 0 ? forms : ['application/x-www-form-urlencoded']
  const required = fields.filter(([field]) => field['required'] === true).map(([field]) => String(field['name']))
  const schema = {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(([field, path]) => {
        const { description } = field
        const described = description === undefined ? {} : { description }
        return [String(field['name']), { ...inlineSchema(field, path, relocate), ...described }]
      }),
    ),
    ...(required.length > 0 ? { required } : {}),
  }
  return {
    content: Object.fromEntries(types.map((type) => [type, { schema }])),
    ...(required.length > 0 ? { required: true } : {}),
  }
}
