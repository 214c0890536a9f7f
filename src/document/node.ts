import type { JsonPath } from '../core/json-pointer.ts'
import type { Source } from './source.ts'

/** A value together with where it stands; a place where nothing stands has the value undefined. */
export interface Node {
  readonly value: unknown
  readonly source: Source
  readonly path: JsonPath
}

export type JsonObject = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function rootOf(source: Source): Node {
  return { value: source.value, source, path: [] }
}

/** The value below a node; only own properties count. `$ref`s are not followed. */
export function childOf(node: Node, ...steps: JsonPath): Node {
  let value = node.value
  for (const step of steps) {
    const own = typeof value === 'object' && value !== null && Object.hasOwn(value, step)
    value = own ? (value as Record<string | number, unknown>)[step] : undefined
  }
  return { value, source: node.source, path: [...node.path, ...steps] }
}

/** The members of an object, or nothing where there is no object. */
export function entriesOf(node: Node): [string, Node][] {
  if (!isObject(node.value)) return []
  return Object.keys(node.value).map((name) => [name, childOf(node, name)])
}

/** The items of an array, or nothing where there is no array. */
export function itemsOf(node: Node): Node[] {
  return Array.isArray(node.value) ? node.value.map((_, index) => childOf(node, index)) : []
}
