import { equalJson } from '../../core/equal-json.ts'
import type { JsonPath } from '../../core/json-pointer.ts'
import { isObject, type JsonObject } from '../node.ts'

/** A place that both sides changed, each in its own way. */
export interface MergeConflict {
  readonly path: JsonPath
  readonly current: unknown
  readonly next: unknown
}

export interface Merged {
  readonly value: unknown
  readonly conflicts: readonly MergeConflict[]
}

/**
 * What both sides made of `base`, member by member: a change of one side stands; where both changed the same place, it is a
 * conflict, and `prefer` decides what stands. Undefined means that nothing is there. Arrays are changed as a whole.
 */
export function mergeValues(base: unknown, current: unknown, next: unknown, prefer: 'current' | 'new'): Merged {
  const conflicts: MergeConflict[] = []
  const value = merge(base, current, next, [], (conflict) => {
    conflicts.push(conflict)
    return prefer === 'current' ? conflict.current : conflict.next
  })
  return { value, conflicts }
}

type Decide = (conflict: MergeConflict) => unknown

function merge(base: unknown, current: unknown, next: unknown, path: JsonPath, decide: Decide): unknown {
  if (equalJson(base, next) || equalJson(current, next)) return current
  if (equalJson(base, current)) return next
  if (isObject(current) && isObject(next)) return mergeMembers(isObject(base) ? base : {}, current, next, path, decide)
  return decide({ path, current, next })
}

/** In the order of the new document; what only the other side has comes last. */
function mergeMembers(base: JsonObject, current: JsonObject, next: JsonObject, path: JsonPath, decide: Decide) {
  const of = (object: JsonObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined)
  const names = new Set([...Object.keys(next), ...Object.keys(current)])
  return Object.fromEntries(
    [...names]
      .map((name): [string, unknown] => {
        return [name, merge(of(base, name), of(current, name), of(next, name), [...path, name], decide)]
      })
      .filter(([, value]) => value !== undefined),
  )
}
