import type { Contract } from '../../api/contract/contract.ts'
import { childOf, entriesOf, isObject, itemsOf, type JsonObject, type Node } from '../../api/contract/place.ts'
import { schemaShapes } from '../validation/schema/schema-shape.ts'
import { sampleNumber, sampleText } from './sample-scalars.ts'

/** Schemas that one sample looks at, at most. */
const MOST_SCHEMAS = 2_000
/** Schemas within each other, references followed. */
const DEEPEST = 24

/** Stands for a value that would never end. */
const ENDLESS = Symbol('endless')

/**
 * A value that a schema allows in an answer, the same every time: what the schema gives as an example, else the first of what
 * it lists, else the plainest of its type. Members that are `writeOnly` are left out; where a schema contains itself, it ends.
 */
export function sampleOf(schema: Node, contract: Pick<Contract, 'follow'>): unknown {
  const shapes = schemaShapes(contract)
  const open = new Set<unknown>()
  let left = MOST_SCHEMAS

  const sample = (node: Node): unknown => {
    const followed = contract.follow(node)
    const { value } = followed ?? node
    if (!followed || !isObject(value)) return {}
    const given = givenBy(value)
    if (given !== undefined) return given
    if (open.has(value) || open.size > DEEPEST || left <= 0) return ENDLESS
    left--
    open.add(value)
    const made = make(followed, value)
    open.delete(value)
    return made
  }
  const make = (node: Node, value: JsonObject): unknown => {
    const types = shapes.typesOf(node)
    const parts = partsOf(node).map(sample)
    const objects = parts.filter(isObject)
    if (types.has('object') && (types.size === 1 || isObject(value['properties']) || objects.length > 0)) {
      const own = members(node)
      return own === ENDLESS ? ENDLESS : { ...Object.assign({}, ...objects), ...(own as object) }
    }
    const [part] = parts
    if (part !== undefined && value['type'] === undefined) return part
    if (types.has('array') && (types.size === 1 || value['items'] !== undefined)) return items(node, value)
    if (types.has('string')) return sampleText(value)
    if (types.has('number')) return sampleNumber(value)
    return types.has('boolean') ? true : null
  }
  const members = (node: Node): unknown => {
    const required = new Set(itemsOf(childOf(node, 'required')).map((item) => item.value))
    const found: [string, unknown][] = []
    for (const [name, member] of entriesOf(childOf(node, 'properties'))) {
      const described = contract.follow(member)?.value
      if (isObject(described) && described['writeOnly'] === true) continue
      const value = sample(member)
      if (value !== ENDLESS) found.push([name, value])
      else if (required.has(name)) return ENDLESS
    }
    return Object.fromEntries(found)
  }
  const items = (node: Node, value: JsonObject): unknown => {
    const prefix = itemsOf(childOf(node, 'prefixItems')).map(sample)
    const least = typeof value['minItems'] === 'number' ? Math.min(value['minItems'], 10) : 1
    const most = typeof value['maxItems'] === 'number' ? value['maxItems'] : least
    const item = sample(shapes.itemOf(node))
    const more = item === ENDLESS ? 0 : Math.max(0, Math.min(least, most) - prefix.length)
    return [...prefix.filter((one) => one !== ENDLESS), ...Array(more).fill(item)]
  }

  const made = sample(schema)
  return made === ENDLESS ? null : made
}

/** What the author of a schema gives. */
function givenBy(schema: JsonObject): unknown {
  const examples: unknown = schema['examples']
  const listed: unknown = schema['enum']
  if (schema['example'] !== undefined) return schema['example']
  if (Array.isArray(examples) && examples.length > 0) return examples[0] as unknown
  if (schema['default'] !== undefined) return schema['default']
  if ('const' in schema) return schema['const']
  return Array.isArray(listed) ? (listed[0] as unknown) : undefined
}

/** All of `allOf`, and the first alternative of the others. */
function partsOf(node: Node): Node[] {
  const first = (name: string): Node[] => itemsOf(childOf(node, name)).slice(0, 1)
  return [...itemsOf(childOf(node, 'allOf')), ...first('oneOf'), ...first('anyOf')]
}
