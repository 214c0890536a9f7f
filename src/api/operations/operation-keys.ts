import { nearest } from '../../core/nearest.ts'
import { diagnose } from '../../document/diagnose.ts'
import { childOf, entriesOf, type Node } from '../../document/node.ts'
import type { DeclaredOperation } from '../../document/operations.ts'
import type { Report } from '../compile-context.ts'

/** `METHOD /path/{template}`: what an operation without `operationId` goes by. */
export const placeName = (operation: DeclaredOperation): string => `${operation.method} ${operation.path}`

export function operationIdOf(operation: DeclaredOperation): string | undefined {
  const id = childOf(operation.node, 'operationId').value
  return typeof id === 'string' && id !== '' ? id : undefined
}

/**
 * The settings that `middleware.operations` has for each operation. A key is an `operationId`, or a method and a path
 * whose parameter names do not count. A key without operation, and an operation with two keys, are errors.
 */
export function settingsByOperation(
  node: Node,
  operations: readonly DeclaredOperation[],
  report: Report,
): ReadonlyMap<DeclaredOperation, Node> {
  const found = new Map<DeclaredOperation, Node>()
  const entries = entriesOf(node)
  if (entries.length === 0) return found
  const called = operationsByKey(operations)
  for (const [key, settings] of entries) {
    const matches = called(key)
    const [operation] = matches
    if (!operation) {
      report(
        diagnose(
          'GW2104',
          settings,
          'key',
          `no operation is called ${JSON.stringify(key)}`,
          candidates(key, operations),
        ),
      )
    } else if (matches.length > 1) {
      const hint = `name it by method and path: ${matches.map((match) => JSON.stringify(placeName(match))).join(' or ')}`
      report(diagnose('GW2105', settings, 'key', `several operations are called ${JSON.stringify(key)}`, hint))
    } else if (found.has(operation)) {
      report(diagnose('GW2105', settings, 'key', `another key already names ${placeName(operation)}`, 'merge the two'))
    } else found.set(operation, settings)
  }
  return found
}

/** Answers which operations a key of `middleware.operations` names: one, none, or several. */
export function operationsByKey(
  operations: readonly DeclaredOperation[],
): (key: string) => readonly DeclaredOperation[] {
  const byKey = keysOf(operations)
  return (key) => byKey.get(key) ?? byKey.get(shapeOf(key)) ?? []
}

function keysOf(operations: readonly DeclaredOperation[]): ReadonlyMap<string, DeclaredOperation[]> {
  const byKey = new Map<string, DeclaredOperation[]>()
  for (const operation of operations) {
    const keys = new Set([operationIdOf(operation), placeName(operation), shapeOf(placeName(operation))])
    for (const key of keys) {
      if (key !== undefined) byKey.set(key, [...(byKey.get(key) ?? []), operation])
    }
  }
  return byKey
}

/** `get /pets/{petId}` and `GET /pets/{id}` are one; the mark keeps them apart from operation ids. */
export function shapeOf(key: string): string {
  const match = /^([A-Za-z]+)\s+(\/.*)$/.exec(key)
  return match ? `\0${match[1]?.toUpperCase()} ${match[2]?.replaceAll(/\{[^{}]*\}/g, '{}')}` : key
}

function candidates(key: string, operations: readonly DeclaredOperation[]): string | undefined {
  const names = operations.flatMap((operation) => [
    operationIdOf(operation) ?? placeName(operation),
    placeName(operation),
  ])
  const near = nearest(key, names)
  if (near !== undefined) return `did you mean ${JSON.stringify(near)}?`
  return names.length === 0 ? 'the document declares no operations; use `middleware.global`' : undefined
}
