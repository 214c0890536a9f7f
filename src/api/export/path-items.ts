import { valueAt } from '../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import { METHODS } from '../../document/operations.ts'
import { parseReference } from '../../document/reference.ts'

/**
 * The path items of a document that refers to nothing outside of itself, by path, each as it is served: with the
 * operations that its `$ref` leads to, before which its own go. A `$ref` that leads nowhere adds nothing.
 */
export function wholePathItems(document: JsonObject): [string, unknown][] {
  const paths = isObject(document['paths']) ? document['paths'] : {}
  return Object.entries(paths).map(([path, item]) => [path, isObject(item) ? wholeItem(item, document) : item])
}

function wholeItem(item: JsonObject, document: JsonObject): JsonObject {
  if (typeof item['$ref'] !== 'string') return item
  const target = followed(item, document)
  const { $ref: _, ...own } = item
  const operations = METHODS.filter((method) => !isObject(own[method]) && isObject(target[method]))
  const parameters = [...unlike(itemsIn(target), itemsIn(own), document), ...itemsIn(own)]
  return {
    ...target,
    ...own,
    ...Object.fromEntries(operations.map((method) => [method, target[method]])),
    ...(parameters.length > 0 ? { parameters } : {}),
  }
}

const itemsIn = ({ parameters }: JsonObject): readonly unknown[] => (Array.isArray(parameters) ? parameters : [])

/** OAS "Path Item Object": name and place tell parameters apart; each may be said once only. */
function unlike(some: readonly unknown[], others: readonly unknown[], document: JsonObject): readonly unknown[] {
  const keyOf = (parameter: unknown): string => {
    const { in: place, name } = isObject(parameter) ? followed(parameter, document) : {}
    return `${String(place)} ${String(name)}`
  }
  const known = new Set(others.map(keyOf))
  return some.filter((parameter) => !known.has(keyOf(parameter)))
}

/** What the `$ref`s of a value lead to at last, the value itself if it has none; an empty object if they lead nowhere. */
function followed(start: JsonObject, document: JsonObject): JsonObject {
  const seen = new Set<JsonObject>()
  let value = start
  while (typeof value['$ref'] === 'string') {
    const reference = parseReference(value['$ref'], '')
    const next = reference.kind === 'local' && !reference.file ? valueAt(document, reference.path) : undefined
    if (!isObject(next) || seen.has(next)) return {}
    seen.add(next)
    value = next
  }
  return value
}
