import type { Diagnostic } from '../../../core/diagnostic.ts'
import type { JsonPath } from '../../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../node.ts'
import type { Source } from '../../source.ts'
import { loseLargeIntegers } from './large-integers.ts'
import { collectLosses, type Losses } from './losses.ts'
import { convertPathItem, convertResponse, listOf, mediaOf, type Swagger } from './operations.ts'
import { convertBody, convertParameter } from './parameters.ts'
import { convertSchema, relocation } from './schemas.ts'
import { convertScheme } from './security.ts'

export interface Converted {
  readonly value: JsonObject
  /** What has no counterpart and was left out, or stands for something similar. */
  readonly losses: readonly Diagnostic[]
}

/** What moves elsewhere; the rest of the root stays as it is. */
const MOVED = new Set([
  ...['swagger', 'host', 'basePath', 'schemes', 'consumes', 'produces', 'paths'],
  ...['definitions', 'parameters', 'responses', 'securityDefinitions'],
])

/** A Swagger 2.0 document as one of OpenAPI 3.0.3. `source` holds an object. */
export function convertSwagger(source: Source): Converted {
  const root = isObject(source.value) ? source.value : {}
  const losses = collectLosses(source)
  const swagger: Swagger = {
    root,
    consumes: listOf(root['consumes']),
    produces: listOf(root['produces']),
    relocate: relocation(root, losses),
    losses,
  }
  const rest = Object.entries(root).filter(([key]) => !MOVED.has(key))
  const info = rest.filter(([key]) => key === 'info')
  const servers = serversOf(root, losses)
  const components = componentsOf(swagger)
  const value = {
    openapi: '3.0.3',
    ...Object.fromEntries(info),
    ...(servers.length > 0 ? { servers } : {}),
    ...Object.fromEntries(rest.filter(([key]) => key !== 'info')),
    paths: mapMembers(root['paths'], ['paths'], (item, path) => convertPathItem(item, path, swagger)) ?? {},
    ...(Object.keys(components).length > 0 ? { components } : {}),
  }
  loseLargeIntegers(source, losses)
  return { value, losses: losses.found }
}

/** Scheme by scheme, host and base path; without a host, the base path lies on the server of the document. */
function serversOf(root: JsonObject, losses: Losses): readonly { readonly url: string }[] {
  const { host, basePath } = root
  const path = typeof basePath === 'string' && basePath !== '/' ? basePath.replace(/\/$/, '') : ''
  if (typeof host !== 'string') return path === '' ? [] : [{ url: path }]
  const schemes = listOf(root['schemes'])
  const usable = schemes.filter((scheme) => /^(?:https?|wss?)$/.test(scheme))
  for (const scheme of schemes.filter((each) => !usable.includes(each))) {
    losses.lose(['schemes'], `the scheme ${JSON.stringify(scheme)} is unknown`)
  }
  if (schemes.length === 0) losses.lose(['host'], 'the document names no scheme; https is assumed')
  return (usable.length > 0 ? usable : ['https']).map((scheme) => ({ url: `${scheme}://${host}${path}` }))
}

function componentsOf(swagger: Swagger): JsonObject {
  const { root, relocate, losses } = swagger
  const parameters = isObject(root['parameters']) ? Object.entries(root['parameters']) : []
  const place = (name: string): JsonPath => ['parameters', name]
  const consumes = mediaOf(swagger.consumes)
  const bodies = parameters.filter(([, parameter]) => isObject(parameter) && parameter['in'] === 'body')
  const plain = parameters.filter(
    ([, parameter]) => !isObject(parameter) || !['body', 'formData'].includes(String(parameter['in'])),
  )
  const groups: Readonly<Record<string, JsonObject | undefined>> = {
    schemas: mapMembers(root['definitions'], ['definitions'], (schema, path) => convertSchema(schema, path, relocate)),
    parameters: Object.fromEntries(
      plain.map(([name, parameter]) => [name, convertParameter(parameter, place(name), relocate, losses)]),
    ),
    requestBodies: Object.fromEntries(
      bodies.map(([name, body]) => [name, convertBody(isObject(body) ? body : {}, place(name), consumes, relocate)]),
    ),
    responses: mapMembers(root['responses'], ['responses'], (each, path) => convertResponse(each, path, [], swagger)),
    securitySchemes: mapMembers(root['securityDefinitions'], ['securityDefinitions'], (scheme, path) =>
      convertScheme(scheme, path, losses),
    ),
  }
  return Object.fromEntries(Object.entries(groups).filter(([, group]) => group && Object.keys(group).length > 0))
}

function mapMembers(
  value: unknown,
  path: JsonPath,
  convert: (member: unknown, path: JsonPath) => unknown,
): JsonObject | undefined {
  if (!isObject(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      name.startsWith('x-') ? member : convert(member, [...path, name]),
    ]),
  )
}
