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
  const isForm = parameter['in'] === 'query' || parameter['in'] === 'formData'
  switch (parameter['collectionFormat'] ?? 'csv') {
    case 'csv':
      return isForm ? { style: 'form', explode: false } : {}
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
      return isForm ? { style: 'form', explode: false } : {}
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
  fields: Fields,
  consumes: readonly string[],
  relocate: Relocate,
  losses: Losses,
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
  const isParts = (type: string): boolean => type === 'multipart/form-data'
  if (types.some(isParts)) loseSeparators(fields, losses)
  const media = (type: string): JsonObject => ({ schema, ...(isParts(type) ? {} : encodingOf(fields, losses)) })
  return {
    content: Object.fromEntries(types.map((type) => [type, media(type)])),
    ...(required.length > 0 ? { required: true } : {}),
  }
}

type Fields = readonly (readonly [JsonObject, JsonPath])[]

const listsOf = (fields: Fields): Fields => fields.filter(([field]) => field['type'] === 'array')

/** OAS 3.0 "Encoding Object": how the items of the lists in a form are separated. */
function encodingOf(fields: Fields, losses: Losses): { readonly encoding?: JsonObject } {
  const styles = listsOf(fields).map(([field, path]) => [String(field['name']), styleOf(field, path, losses)] as const)
  return styles.length > 0 ? { encoding: Object.fromEntries(styles) } : {}
}

/** Styles do not count in parts: there, every item of a list is a part of its own. */
function loseSeparators(fields: Fields, losses: Losses): void {
  for (const [field, path] of listsOf(fields)) {
    if (field['collectionFormat'] === 'multi') continue
    losses.lose(
      [...path, 'collectionFormat'],
      'each item of a list is a part of its own in OpenAPI 3; none are separated',
    )
  }
}
