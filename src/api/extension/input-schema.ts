import { z } from 'zod'
import { isObject, type JsonObject } from '../../document/node.ts'

const known = new WeakMap<z.ZodType, JsonObject>()

/** What a settings schema takes, as JSON Schema; made once for each. */
export function inputSchema(schema: z.ZodType): JsonObject {
  let made = known.get(schema)
  if (!made) {
    made = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonObject
    known.set(schema, made)
  }
  return made
}

/** The schemas that hold for a member: alternatives each have their own. */
export function memberSchemas(schema: JsonObject, key: string | number): JsonObject[] {
  const branches = branchesOf(schema)
  if (branches.length > 0) return branches.flatMap((branch) => memberSchemas(branch, key))
  const { properties, additionalProperties, items } = schema
  const named = isObject(properties) && Object.hasOwn(properties, key) ? properties[key] : additionalProperties
  const member = typeof key === 'number' ? items : named
  return isObject(member) ? [member] : []
}

/** The names of all keys that an object of this schema may have. */
export function knownKeys(schema: JsonObject): string[] {
  const own = isObject(schema['properties']) ? Object.keys(schema['properties']) : []
  return [...own, ...branchesOf(schema).flatMap(knownKeys)]
}

export function branchesOf(schema: JsonObject): JsonObject[] {
  const branches = schema['anyOf'] ?? schema['oneOf'] ?? schema['allOf']
  return Array.isArray(branches) ? branches.filter(isObject) : []
}
