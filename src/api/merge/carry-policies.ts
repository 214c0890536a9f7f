import type { JsonPath } from '../../core/json-pointer.ts'
import { childOf, isObject, type JsonObject } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import { operationIdOf, operationsByKey, placeName } from '../operations/operation-keys.ts'
import type { PolicyFate } from './merge-plan.ts'
import { type Matches, nameOf, suggestion } from './operation-match.ts'

/** Policies by operation, in their new places. */
export interface CarriedPolicies {
  readonly operations: JsonObject
  readonly orphans: JsonObject
  readonly fates: readonly PolicyFate[]
  /** Where new orphans stood in the old version, by their keys. */
  readonly origins: ReadonlyMap<string, JsonPath>
}

/**
 * Lets policies follow their operations. `middleware` is that of the old version; `inline` are policies that stood on
 * operations themselves and found no operation to stand on. Nothing is ever dropped: what has no operation any more becomes
 * an orphan, and an orphan whose operation is back takes effect again.
 */
export function carryPolicies(
  middleware: unknown,
  inline: ReadonlyMap<DeclaredOperation, unknown>,
  before: readonly DeclaredOperation[],
  after: readonly DeclaredOperation[],
  matches: Matches,
): CarriedPolicies {
  const [oldKeys, newKeys] = [operationsByKey(before), operationsByKey(after)]
  const operations = new Map<string, unknown>()
  const orphans = new Map<string, unknown>()
  const holders = new Set<DeclaredOperation>()
  const fates: PolicyFate[] = []
  const origins = new Map<string, JsonPath>()
  const orphan = (key: string, policies: unknown, old: DeclaredOperation | undefined, origin: JsonPath): void => {
    const near = old && suggestion(old, matches.fresh)
    const free = freeKey(key, orphans)
    orphans.set(free, policies)
    origins.set(free, origin)
    fates.push({ key, fate: 'orphaned', ...(near ? { suggestion: nameOf(near) } : {}) })
  }
  for (const [key, policies] of membersOf(middleware, 'operations')) {
    const [old] = oldKeys(key)
    const operation = old ? matches.found.get(old)?.operation : newKeys(key)[0]
    if (!operation || holders.has(operation)) {
      orphan(key, policies, old, ['x-gateway', 'middleware', 'operations', key])
      continue
    }
    holders.add(operation)
    const named = newKeys(key)
    const to = named.length === 1 && named[0] === operation ? key : keyFor(operation, newKeys)
    operations.set(to, policies)
    fates.push(to === key ? { key, fate: 'kept' } : { key, fate: 'moved', to })
  }
  const restored = new Set<DeclaredOperation>()
  for (const [key, policies] of membersOf(middleware, 'orphans')) {
    const name = newKeys(key).length > 0 ? key : unnumbered(key)
    const [operation] = newKeys(name)
    const beside = operation && restored.has(operation) ? operations.get(name) : undefined
    const isFree = operation !== undefined && (!holders.has(operation) || isApart(beside, policies))
    if (isFree && isObject(policies)) {
      holders.add(operation)
      restored.add(operation)
      operations.set(name, { ...(isObject(beside) ? beside : {}), ...policies })
      fates.push({ key, fate: 'restored' })
    } else orphans.set(key, policies)
  }
  for (const [old, policies] of inline) orphan(nameOf(old), policies, old, [...old.node.path, 'x-gateway'])
  return { operations: Object.fromEntries(operations), orphans: Object.fromEntries(orphans), fates, origins }
}

function membersOf(middleware: unknown, name: string): [string, unknown][] {
  const group = isObject(middleware) ? middleware[name] : undefined
  return isObject(group) ? Object.entries(group) : []
}

/** A key that names this operation and no other. */
function keyFor(operation: DeclaredOperation, keys: ReturnType<typeof operationsByKey>): string {
  const id = operationIdOf(operation)
  return id !== undefined && keys(id).length === 1 ? id : placeName(operation)
}

/** Orphans of several times may have gone by one name. */
export function freeKey(key: string, taken: ReadonlyMap<string, unknown>): string {
  let free = key
  for (let count = 2; taken.has(free); count++) free = `${key} (${count})`
  return free
}

/** The name that `freeKey` made a key from, or the key itself. */
function unnumbered(key: string): string {
  return key.replace(/ \(\d+\)$/, '')
}

/** Whether two groups name no policy in common: both can be in force. */
export function isApart(some: unknown, others: unknown): boolean {
  return isObject(some) && isObject(others) && Object.keys(some).every((name) => !Object.hasOwn(others, name))
}

/** Policies that stand on operations of the old version. */
export function inlinePolicies(before: readonly DeclaredOperation[]): ReadonlyMap<DeclaredOperation, unknown> {
  const found = new Map<DeclaredOperation, unknown>()
  for (const operation of before) {
    const { value } = childOf(operation.node, 'x-gateway')
    if (value !== undefined) found.set(operation, value)
  }
  return found
}
