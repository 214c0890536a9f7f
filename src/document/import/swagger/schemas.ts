import { fromPointer, type JsonPath, valueAt } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import type { Losses } from './losses.ts'

/** Where the old references lead now; a parameter that was a body is a request body. */
export type Relocate = (reference: string, path: JsonPath) => string

export function relocation(root: JsonObject, losses: Losses): Relocate {
  return (reference, path) => {
    const [, kind, name] = /^#\/(definitions|parameters|responses)\/(.+)$/.exec(reference) ?? []
    if (kind === undefined || name === undefined) {
      if (!reference.startsWith('#')) losses.lose(path, `${reference} lies in another file, which is not converted`)
      return reference
    }
    if (kind === 'definitions') return `#/components/schemas/${name}`
    const target = valueAt(root, fromPointer(reference.slice(1)))
    const isBody = kind === 'parameters' && isObject(target) && target['in'] === 'body'
    return `#/components/${isBody ? 'requestBodies' : kind}/${name}`
  }
}

/** A Swagger 2.0 Schema Object as one of OpenAPI 3.0, all the way down. */
export function convertSchema(schema: unknown, path: JsonPath, relocate: Relocate): unknown {
  if (Array.isArray(schema)) return schema.map((item, index) => convertSchema(item, [...path, index], relocate))
  if (!isObject(schema)) return schema
  if (typeof schema['$ref'] === 'string') return { ...schema, $ref: relocate(schema['$ref'], [...path, '$ref']) }
  const converted = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (key === 'discriminator' && typeof value === 'string') return [key, { propertyName: value }]
    if (key === 'x-nullable') return ['nullable', value === true]
    if (LITERAL.has(key)) return [key, value]
    if (key === 'properties' && isObject(value)) return [key, convertMembers(value, [...path, key], relocate)]
    return [key, SCHEMAS.has(key) ? convertSchema(value, [...path, key], relocate) : value]
  })
  const result = Object.fromEntries(converted)
  return result['type'] === 'file' ? { ...result, type: 'string', format: 'binary' } : result
}

/** Names of properties are the author's, whatever they are called. */
function convertMembers(members: JsonObject, path: JsonPath, relocate: Relocate): JsonObject {
  return Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [name, convertSchema(schema, [...path, name], relocate)]),
  )
}

const LITERAL = new Set(['default', 'enum', 'example'])
const SCHEMAS = new Set(['items', 'allOf', 'additionalProperties', 'anyOf', 'oneOf', 'not'])
