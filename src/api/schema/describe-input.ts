import { isObject, type JsonObject } from '../../document/node.ts'

const REFERENCE = { $ref: '#/$defs/reference' }

/**
 * Makes a settings schema fit for editors: a text with a form of its own may also be an `env:` or `file:` reference,
 * secrets are marked as write-only, and everything has an example.
 */
export function describeInput(schema: JsonObject): JsonObject {
  return described(schema)
}

function described(schema: JsonObject): JsonObject {
  const { secret, ...own } = mapMembers(schema, described)
  const result = secret === true ? { ...own, writeOnly: true } : own
  const examples = result['examples'] ?? exampleOf(result)
  const { title, description, default: initial, ...rest } = orReference(result)
  return {
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(initial === undefined ? {} : { default: initial }),
    ...rest,
    ...(Array.isArray(examples) && examples.length > 0 ? { examples } : {}),
  }
}

/** The same schema with each schema inside of it replaced. */
function mapMembers(schema: JsonObject, change: (member: JsonObject) => JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...schema }
  for (const key of ['items', 'additionalProperties', 'propertyNames']) {
    const member = schema[key]
    if (isObject(member)) result[key] = key === 'propertyNames' ? member : change(member)
  }
  if (isObject(schema['properties'])) {
    const members = Object.entries(schema['properties'])
    result['properties'] = Object.fromEntries(
      members.map(([name, member]) => [name, isObject(member) ? change(member) : member]),
    )
  }
  if (Array.isArray(schema['anyOf'])) {
    result['anyOf'] = schema['anyOf'].map((member: unknown) => (isObject(member) ? change(member) : member))
  }
  return result
}

/** Texts with a pattern, and choices, would refuse a reference: it becomes an alternative. */
function orReference(schema: JsonObject): JsonObject {
  const isBound = schema['type'] === 'string' && (schema['pattern'] !== undefined || schema['enum'] !== undefined)
  if (!isBound) return schema
  const { type, pattern, enum: choices, minLength: _, ...annotations } = schema
  const own = {
    type,
    ...(pattern === undefined ? {} : { pattern }),
    ...(choices === undefined ? {} : { enum: choices }),
  }
  return { ...annotations, anyOf: [own, REFERENCE] }
}

/** What may be written: from the choices, the default or the members' own examples. */
function exampleOf(schema: JsonObject): unknown[] | undefined {
  const { type, enum: choices, default: initial } = schema
  if (Array.isArray(choices)) return choices
  if (type === 'boolean') return [initial !== true]
  if (type === 'object') return objectExample(schema)
  if (type === 'array')
    return isObject(schema['items']) ? firstExample(schema['items']).map((item) => [item]) : undefined
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].filter(isObject).flatMap(firstExample).slice(0, 2)
  return initial === undefined ? undefined : [initial]
}

function objectExample(schema: JsonObject): unknown[] | undefined {
  if (!isObject(schema['properties'])) return mapExample(schema)
  const members = Object.entries(schema['properties'])
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  const shown = required.length > 0 ? members.filter(([name]) => required.includes(name)) : members.slice(0, 1)
  const example = shown.flatMap(([name, member]) =>
    isObject(member) ? firstExample(member).map((value): [string, unknown] => [name, value]) : [],
  )
  return example.length === 0 ? undefined : [Object.fromEntries(example)]
}

/** An object whose keys the author chooses. */
function mapExample({ propertyNames, additionalProperties }: JsonObject): unknown[] | undefined {
  const [key = 'name'] = isObject(propertyNames) ? firstExample(propertyNames) : []
  return isObject(additionalProperties)
    ? firstExample(additionalProperties).map((value) => ({ [String(key)]: value }))
    : undefined
}

/** At most one. */
function firstExample(schema: JsonObject): unknown[] {
  return Array.isArray(schema['examples']) ? schema['examples'].slice(0, 1) : []
}
