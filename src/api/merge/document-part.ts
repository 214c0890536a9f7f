import { isObject, type JsonObject } from '../../document/node.ts'

/** A document without anything that is the gateway's: at the root, on path items and on operations. */
export function documentPart(document: JsonObject): JsonObject {
  const { 'x-gateway': _, ...rest } = document
  if (!isObject(rest['paths'])) return rest
  const paths = Object.entries(rest['paths']).map(([path, item]) => [path, withoutPolicies(item, true)])
  return { ...rest, paths: Object.fromEntries(paths) }
}

function withoutPolicies(holder: unknown, isItem: boolean): unknown {
  if (!isObject(holder)) return holder
  const members = Object.entries(holder).filter(([key]) => key !== 'x-gateway')
  return Object.fromEntries(members.map(([key, value]) => [key, isItem ? withoutPolicies(value, false) : value]))
}

/** The policies that stand on path items, by path. */
export function itemPolicies(document: JsonObject): ReadonlyMap<string, unknown> {
  const paths = isObject(document['paths']) ? Object.entries(document['paths']) : []
  return new Map(
    paths.flatMap(([path, item]) =>
      isObject(item) && Object.hasOwn(item, 'x-gateway') ? [[path, item['x-gateway']] as const] : [],
    ),
  )
}

/** The document with policies put on a path item, or on the operation `method` of it. */
export function withPolicies(
  document: JsonObject,
  path: string,
  method: string | undefined,
  policies: unknown,
): JsonObject | undefined {
  const paths = isObject(document['paths']) ? document['paths'] : {}
  const item = Object.hasOwn(paths, path) ? paths[path] : undefined
  if (!isObject(item)) return undefined
  const put = (holder: JsonObject): JsonObject => ({ ...holder, 'x-gateway': policies })
  if (method === undefined) return { ...document, paths: { ...paths, [path]: put(item) } }
  const operation = item[method]
  if (!isObject(operation)) return undefined
  return { ...document, paths: { ...paths, [path]: { ...item, [method]: put(operation) } } }
}
