import { type JsonPath, valueAt } from '../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import { branchesOf, memberSchemas } from '../extension/input-schema.ts'
import { isReference } from '../extension/resolve-values.ts'

/** One setting that holds, as one would write it. */
export interface EffectiveSetting {
  /** Dotted, from the settings that were asked for. */
  readonly path: string
  readonly value: unknown
  /** Where it comes from: `default`, or what the caller calls the place. */
  readonly from: string
}

/** What somebody wrote for a setting, with the name of the place; undefined where nobody did. */
export type Written = (path: JsonPath) => { readonly value: unknown; readonly from: string } | undefined

/**
 * Every setting that a schema knows and that holds: as written, else by default. `keys` are those below maps. Secrets that
 * stand literally are masked; references are shown, not what they stand for.
 */
export function walkSettings(schema: JsonObject, written: Written, path: JsonPath = []): EffectiveSetting[] {
  const here = written(path)
  const branch = branchFor(schema, here?.value)
  const { properties, additionalProperties } = branch
  if (here && !isObject(here.value)) return [leaf(path, here.value, here.from, schema)]
  if (isObject(properties)) {
    return Object.entries(properties).flatMap(([name, member]) =>
      isObject(member) ? walkMember(member, written, [...path, name]) : [],
    )
  }
  if (here && isObject(additionalProperties)) {
    return Object.keys(Object(here.value)).flatMap((name) => walkMember(additionalProperties, written, [...path, name]))
  }
  if (here) return [leaf(path, here.value, here.from, schema)]
  return schema['default'] === undefined ? [] : [leaf(path, schema['default'], 'default', schema)]
}

function walkMember(schema: JsonObject, written: Written, path: JsonPath): EffectiveSetting[] {
  const here = written(path)
  const initial = schema['default']
  if (here) return walkSettings(schema, written, path)
  if (initial === undefined) return []
  if (!isObject(initial) || Object.keys(schema['properties'] ?? {}).length === 0) {
    return isObject(initial) ? [] : [leaf(path, initial, 'default', schema)]
  }
  return walkSettings(schema, written, path)
}

const leaf = (path: JsonPath, value: unknown, from: string, schema: JsonObject): EffectiveSetting => ({
  path: path.join('.'),
  value: masked(value, schema),
  from,
})

/** Of alternatives, the one that has most of the keys that are written. */
function branchFor(schema: JsonObject, value: unknown): JsonObject {
  const branches = branchesOf(schema)
  if (branches.length === 0) return schema
  const keys = isObject(value) ? Object.keys(value) : []
  const fits = (branch: JsonObject): number => keys.filter((key) => memberSchemas(branch, key).length > 0).length
  return [...branches].sort((a, b) => fits(b) - fits(a))[0] ?? schema
}

/** Secrets inside of lists as well. */
function masked(value: unknown, schema: JsonObject): unknown {
  if (typeof value === 'string') return schema['secret'] === true && !isReference(value) ? '***' : value
  if (Array.isArray(value)) return value.map((item) => masked(item, memberSchemas(schema, 0)[0] ?? {}))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, masked(member, memberSchemas(schema, key)[0] ?? {})]),
  )
}

/** What stands in one value. */
export const writtenIn =
  (root: unknown, from: string): Written =>
  (path) => {
    const value = valueAt(root, path)
    return value === undefined ? undefined : { value, from }
  }
