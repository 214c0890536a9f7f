import { equalJson } from '../../core/equal-json.ts'
import { isObject, type JsonObject } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import { isApart } from './carry-policies.ts'
import { itemPolicies, withPolicies } from './document-part.ts'
import type { PolicyFate } from './merge-plan.ts'
import type { Matches } from './operation-match.ts'

export interface PlacedItems {
  readonly document: JsonObject
  /** By path: policies that one path or more, to which their operations went, could not take. */
  readonly orphans: ReadonlyMap<string, unknown>
  readonly fates: readonly PolicyFate[]
}

/**
 * Puts the policies of path items of the old version, `before`, on the new one: on the same path if it is still there,
 * and on every path to which an operation of theirs went, so that none goes unprotected when they part ways. A path that
 * has other policies of the same names keeps those.
 */
export function placeItems(
  document: JsonObject,
  before: JsonObject,
  operations: readonly DeclaredOperation[],
  { found }: Matches,
): PlacedItems {
  let placed = document
  const held = new Map<string, unknown>()
  const orphans = new Map<string, unknown>()
  const fates: PolicyFate[] = []
  const put = (path: string, policies: unknown): boolean => {
    const all = held.has(path) ? together(held.get(path), policies) : policies
    const changed = all === undefined ? undefined : withPolicies(placed, path, undefined, all)
    if (changed === undefined) return false
    placed = changed
    held.set(path, all)
    return true
  }
  const goalsOf = (path: string): ReadonlySet<string> => {
    const own = operations.filter((operation) => operation.path === path)
    const goals = own.flatMap((operation) => found.get(operation)?.operation.path ?? [])
    return new Set(goals.filter((goal) => goal !== path))
  }
  const items = [...itemPolicies(before)]
  // Those that stay come first: nothing that moves takes their place.
  const staying = new Set(items.filter(([path, policies]) => put(path, policies)).map(([path]) => path))
  for (const [path, policies] of items) {
    const goals = [...goalsOf(path)]
    const reached = goals.filter((goal) => put(goal, policies))
    const fate = staying.has(path) ? 'copied' : 'moved'
    fates.push(...reached.map((to): PolicyFate => ({ key: path, fate, to })))
    const isLost = goals.length === 0 && !staying.has(path)
    if (!isLost && reached.length === goals.length) continue
    orphans.set(path, policies)
    fates.push({ key: path, fate: 'orphaned' })
  }
  return { document: placed, orphans, fates }
}

/** Both groups in one; undefined where they say different things of one policy. */
function together(some: unknown, others: unknown): unknown {
  if (equalJson(some, others)) return some
  return isObject(some) && isObject(others) && isApart(some, others) ? { ...some, ...others } : undefined
}
