import { parse } from 'yaml'
import { fromPointer, toPointer, valueAt } from '../../core/json-pointer.ts'
import { UsageError } from '../command.ts'

/**
 * The JSON Patch of `--set PATH=VALUE` and `--unset PATH`. A path is dotted and begins below `x-gateway`, or is a JSON pointer
 * into the document; objects on the way are made. Throws `UsageError`.
 */
export function assignments(root: unknown, set: unknown, unset: unknown): readonly object[] {
  let made = new Set<string>()
  const added = listOf(set).flatMap((text) => {
    const [, name, value] = /^([^=]+)=([\s\S]*)$/.exec(text) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`--set ${text}: expected path=value`)
    const path = pathOf(name)
    const parents = path.slice(1).map((_, index) => path.slice(0, index + 1))
    const missing = parents.filter((parent) => valueAt(root, parent) === undefined && !made.has(toPointer(parent)))
    made = new Set([...made, ...missing.map(toPointer)])
    return [
      ...missing.map((parent) => ({ op: 'add', path: toPointer(parent), value: {} })),
      addition(path, value, text),
    ]
  })
  const removed = listOf(unset).map((name) => ({ op: 'remove', path: toPointer(pathOf(name)) }))
  return [...added, ...removed]
}

function addition(path: readonly string[], value: string, text: string): object {
  try {
    return { op: 'add', path: toPointer(path), value: parse(value) as unknown }
  } catch {
    throw new UsageError(`--set ${text}: the value is no YAML; put quotes around it`)
  }
}

const listOf = (given: unknown): readonly string[] => (Array.isArray(given) ? given.map(String) : [])

const pathOf = (name: string): string[] =>
  name.startsWith('/') ? fromPointer(name) : ['x-gateway', ...name.split('.')]
