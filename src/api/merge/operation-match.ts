import { childOf } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import { operationIdOf, operationsByKey, placeName, shapeOf } from '../operations/operation-keys.ts'

/** Which operation of a new version an old one has become. */
export interface OperationMatch {
  readonly operation: DeclaredOperation
  readonly by: 'operationId' | 'place' | 'rename'
}

export interface Matches {
  readonly found: ReadonlyMap<DeclaredOperation, OperationMatch>
  /** Operations of the new version that no old one has become. */
  readonly fresh: readonly DeclaredOperation[]
}

/** What people call an operation: its `operationId`, else its method and path. */
export const nameOf = (operation: DeclaredOperation): string => operationIdOf(operation) ?? placeName(operation)

/**
 * Finds every operation of the old version again: by `operationId`, else by method and path (names of parameters aside),
 * else by a rename that somebody confirmed (old name → new name; a name is an `operationId` or `METHOD /path`).
 */
export function matchOperations(
  before: readonly DeclaredOperation[],
  after: readonly DeclaredOperation[],
  renames: ReadonlyMap<string, string>,
): Matches {
  const found = new Map<DeclaredOperation, OperationMatch>()
  const taken = new Set<DeclaredOperation>()
  const take = (old: DeclaredOperation, operation: DeclaredOperation | undefined, by: OperationMatch['by']): void => {
    if (!operation || found.has(old) || taken.has(operation)) return
    found.set(old, { operation, by })
    taken.add(operation)
  }
  const [oldKeys, newKeys] = [operationsByKey(before), operationsByKey(after)]
  for (const [from, to] of renames) {
    const [old] = oldKeys(from)
    if (old) take(old, newKeys(to)[0], 'rename')
  }
  const ids = new Map(after.map((operation) => [operationIdOf(operation), operation]))
  for (const old of before) {
    const id = operationIdOf(old)
    if (id !== undefined) take(old, ids.get(id), 'operationId')
  }
  const places = new Map(after.map((operation) => [shapeOf(placeName(operation)), operation]))
  for (const old of before) take(old, places.get(shapeOf(placeName(old))), 'place')
  return { found, fresh: after.filter((operation) => !taken.has(operation)) }
}

/** The new operation that an old one resembles most, if it resembles any: the same method and half of the same words. */
export function suggestion(old: DeclaredOperation, fresh: readonly DeclaredOperation[]): DeclaredOperation | undefined {
  const words = wordsOf(old)
  const rated = fresh
    .filter(({ method }) => method === old.method)
    .map((operation) => ({ operation, rate: likeness(words, wordsOf(operation)) }))
    .sort((a, b) => b.rate - a.rate)
  return rated[0] && rated[0].rate >= 0.5 ? rated[0].operation : undefined
}

function wordsOf(operation: DeclaredOperation): ReadonlySet<string> {
  const summary = childOf(operation.node, 'summary').value
  const text = `${operationIdOf(operation) ?? ''} ${operation.path} ${typeof summary === 'string' ? summary : ''}`
  const words = text
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[\p{L}\p{N}]+/gu)
  return new Set((words ?? []).map((word) => word.replace(/s$/, '')))
}

function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length
  return shared / Math.max(1, Math.max(a.size, b.size))
}
