import type { Contract } from '../../../api/contract/contract.ts'
import { childOf, isObject, itemsOf, type JsonObject, type Node } from '../../../api/contract/place.ts'

/** How texts become values: what a schema says of types, items and members, its parts taken together. */
export interface SchemaShapes {
  /** Types that a value may have; all of them where the schema says nothing. `integer` counts as `number`. */
  typesOf(schema: Node): ReadonlySet<string>
  /** The schema of items; one that says nothing where there is none. */
  itemOf(schema: Node): Node
  memberOf(schema: Node, name: string): Node
  /** Names of declared members. */
  namesOf(schema: Node): ReadonlySet<string>
}

const ALL: ReadonlySet<string> = new Set(['null', 'boolean', 'number', 'string', 'array', 'object'])
/** Schemas within schemas that are looked through at most. */
const DEEPEST = 12
/** Parts of one schema that are looked through at most. */
const MOST_PARTS = 1_000

export function schemaShapes(contract: Pick<Contract, 'follow'>): SchemaShapes {
  const known = new Map<unknown, ReadonlySet<string>>()
  const typesOf = (node: Node, depth = 0): ReadonlySet<string> => {
    const schema = contract.follow(node)
    if (!schema || !isObject(schema.value) || depth > DEEPEST) return ALL
    const before = known.get(schema.value)
    if (before) return before
    known.set(schema.value, ALL) // as long as it is not known
    const types = combined(schema, schema.value, depth)
    known.set(schema.value, types)
    return types
  }
  const combined = (schema: Node, value: JsonObject, depth: number): ReadonlySet<string> => {
    const sets = [ownTypes(value)]
    for (const part of itemsOf(childOf(schema, 'allOf'))) sets.push(typesOf(part, depth + 1))
    for (const name of ['anyOf', 'oneOf']) {
      const parts = itemsOf(childOf(schema, name))
      if (parts.length > 0) sets.push(new Set(parts.flatMap((part) => [...typesOf(part, depth + 1)])))
    }
    return sets.reduce(common)
  }
  /** The first part of a schema in which something is found. */
  const find = <T>(start: Node, pick: (schema: Node) => T | undefined): T | undefined => {
    const pending = [start]
    const seen = new Set<unknown>()
    for (let node = pending.pop(); node && seen.size < MOST_PARTS; node = pending.pop()) {
      const schema = contract.follow(node)
      if (!schema || seen.has(schema.value)) continue
      seen.add(schema.value)
      const found = pick(schema)
      if (found !== undefined) return found
      const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((name) => itemsOf(childOf(schema, name)))
      for (const part of parts.toReversed()) pending.push(part)
    }
    return undefined
  }
  const present = (node: Node): Node | undefined => (node.value === undefined ? undefined : node)
  const nothing = (node: Node): Node => ({ ...node, value: true })
  return {
    typesOf: (schema) => typesOf(schema),
    itemOf: (schema) => find(schema, (one) => present(childOf(one, 'items'))) ?? nothing(schema),
    memberOf: (schema, name) =>
      find(schema, (one) => present(childOf(one, 'properties', name))) ??
      find(schema, (one) => present(childOf(one, 'additionalProperties'))) ??
      nothing(schema),
    namesOf(schema) {
      const names = new Set<string>()
      find(schema, (one) => {
        const { value } = childOf(one, 'properties')
        for (const name of isObject(value) ? Object.keys(value) : []) names.add(name)
        return undefined
      })
      return names
    },
  }
}

const common = (a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> =>
  new Set([...a].filter((name) => b.has(name)))

function ownTypes(schema: JsonObject): ReadonlySet<string> {
  const { type } = schema
  const allowed = 'const' in schema ? [schema['const']] : schema['enum']
  const names = Array.isArray(type) ? type.map(String) : typeof type === 'string' ? [type] : undefined
  const named = names && new Set([...names.map(asNumber), ...(schema['nullable'] === true ? ['null'] : [])])
  const listed = Array.isArray(allowed) ? new Set(allowed.map(typeOf)) : undefined
  return named && listed ? common(named, listed) : (named ?? listed ?? ALL)
}

const asNumber = (name: string): string => (name === 'integer' ? 'number' : name)

const typeOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value === 'object' ? 'object' : typeof value
