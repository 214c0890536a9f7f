import { fromPointer, type JsonPath, valueAt } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import { METHODS } from '../../operations.ts'
import type { Losses } from './losses.ts'
import { convertBody, convertForm, convertParameter, inlineSchema } from './parameters.ts'
import { convertSchema, type Relocate } from './schemas.ts'

/** What holds in a whole document, and the means of converting. */
export interface Swagger {
  readonly root: JsonObject
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  readonly relocate: Relocate
  readonly losses: Losses
}

export const listOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []

/** Swagger 2.0 "Path Item Object". Bodies that hold for all operations are given to each of them. */
export function convertPathItem(item: unknown, path: JsonPath, swagger: Swagger): unknown {
  if (!isObject(item)) return item
  const shared = parametersOf(item['parameters'], [...path, 'parameters'], swagger)
  const members = Object.entries(item).map(([key, value]): [string, unknown] => {
    if (key === 'parameters') return [key, shared.plain]
    if (!(METHODS as readonly string[]).includes(key) || !isObject(value)) return [key, value]
    return [key, convertOperation(value, [...path, key], shared, swagger)]
  })
  return Object.fromEntries(members.filter(([key]) => key !== 'parameters' || shared.plain.length > 0))
}

interface Parameters {
  readonly plain: readonly unknown[]
  readonly body?: readonly [JsonObject, JsonPath]
  readonly fields: readonly (readonly [JsonObject, JsonPath])[]
}

function parametersOf(list: unknown, path: JsonPath, { root, relocate, losses }: Swagger): Parameters {
  const plain: unknown[] = []
  const fields: (readonly [JsonObject, JsonPath])[] = []
  let body: Parameters['body']
  for (const [index, parameter] of (Array.isArray(list) ? list : []).entries()) {
    const at = [...path, index]
    const target = isObject(parameter) ? resolved(parameter, root) : undefined
    if (target?.['in'] === 'body') body = [isObject(parameter) ? parameter : target, at]
    else if (target?.['in'] === 'formData') fields.push([target, at])
    else plain.push(convertParameter(parameter, at, relocate, losses))
  }
  return { plain, fields, ...(body ? { body } : {}) }
}

function resolved(parameter: JsonObject, root: JsonObject): JsonObject {
  const [, pointer] = /^#(\/parameters\/.+)$/.exec(String(parameter['$ref'])) ?? []
  const target = pointer === undefined ? undefined : valueAt(root, fromPointer(pointer))
  return isObject(target) ? target : parameter
}

function convertOperation(operation: JsonObject, path: JsonPath, shared: Parameters, swagger: Swagger): JsonObject {
  const { consumes, produces, schemes, parameters, responses, ...rest } = operation
  if (schemes !== undefined) {
    swagger.losses.lose([...path, 'schemes'], 'an operation cannot have schemes of its own; those of the document hold')
  }
  const own = parametersOf(parameters, [...path, 'parameters'], swagger)
  const types = listOf(consumes).length > 0 ? listOf(consumes) : swagger.consumes
  const body = requestBody({ ...shared, ...own, fields: [...shared.fields, ...own.fields] }, types, swagger)
  return {
    ...rest,
    ...(own.plain.length > 0 ? { parameters: own.plain } : {}),
    ...(body ? { requestBody: body } : {}),
    responses: convertResponses(responses, [...path, 'responses'], listOf(produces), swagger),
  }
}

/** A shared body has the media types of the document: an operation that consumes others gets a copy. */
function requestBody({ body, fields }: Parameters, types: readonly string[], swagger: Swagger): JsonObject | undefined {
  if (body) {
    const [parameter, path] = body
    const { $ref } = parameter
    const isShared = typeof $ref === 'string' && sameMembers(mediaOf(types), mediaOf(swagger.consumes))
    if (isShared) return { $ref: swagger.relocate($ref, path) }
    return convertBody(resolved(parameter, swagger.root), path, mediaOf(types), swagger.relocate)
  }
  return fields.length > 0 ? convertForm(fields, types, swagger.relocate, swagger.losses) : undefined
}

/** Media types of a body: JSON where none is said. */
export const mediaOf = (consumes: readonly string[]): readonly string[] =>
  consumes.length > 0 ? consumes : ['application/json']

const sameMembers = (some: readonly string[], others: readonly string[]): boolean =>
  some.every((one) => others.includes(one)) && others.every((one) => some.includes(one))

function convertResponses(responses: unknown, path: JsonPath, produces: readonly string[], swagger: Swagger): unknown {
  if (!isObject(responses)) return responses ?? {}
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      status.startsWith('x-') ? response : convertResponse(response, [...path, status], produces, swagger),
    ]),
  )
}

/** Swagger 2.0 "Response Object". */
export function convertResponse(
  response: unknown,
  path: JsonPath,
  own: readonly string[],
  { produces, relocate }: Swagger,
): unknown {
  if (!isObject(response)) return response
  if (typeof response['$ref'] === 'string') return { $ref: relocate(response['$ref'], [...path, '$ref']) }
  const { schema, examples, headers, ...rest } = response
  const types = own.length > 0 ? own : produces.length > 0 ? produces : ['application/json']
  const shown = isObject(examples) ? examples : {}
  const media = schema === undefined ? Object.keys(shown) : [...new Set([...types, ...Object.keys(shown)])]
  const content = media.map((type): [string, unknown] => [
    type,
    {
      ...(schema === undefined ? {} : { schema: convertSchema(schema, [...path, 'schema'], relocate) }),
      ...(Object.hasOwn(shown, type) ? { example: shown[type] } : {}),
    },
  ])
  return {
    description: '',
    ...rest,
    ...(isObject(headers) ? { headers: convertHeaders(headers, [...path, 'headers'], relocate) } : {}),
    ...(content.length > 0 ? { content: Object.fromEntries(content) } : {}),
  }
}

function convertHeaders(headers: JsonObject, path: JsonPath, relocate: Relocate): JsonObject {
  return Object.fromEntries(
    Object.entries(headers).map(([name, header]) => {
      if (!isObject(header)) return [name, header]
      const described = header['description'] === undefined ? {} : { description: header['description'] }
      return [name, { ...described, schema: inlineSchema(header, [...path, name], relocate) }]
    }),
  )
}
