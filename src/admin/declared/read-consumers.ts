import type { CompileContext } from '../../api/compile-context.ts'
import { readSettings } from '../../api/extension/read-settings.ts'
import { type Diagnostic, hasErrors } from '../../core/diagnostic.ts'
import type { JsonPath } from '../../core/json-pointer.ts'
import { diagnose } from '../../document/diagnose.ts'
import { childOf, isObject, type Node, rootOf } from '../../document/node.ts'
import { readSource } from '../../document/read-source.ts'
import { consumersFile, type DeclaredConsumer } from './consumers-file.ts'

/** Says something of the entry at a path of the file. */
export type At = (code: 'GW3401' | 'GW3403', path: JsonPath, message: string, hint?: string) => Diagnostic

/** What the file of consumers says. */
export interface ReadConsumers {
  /** Missing when there is an error among the diagnostics, and when the file is an API document after all. */
  readonly consumers?: readonly DeclaredConsumer[]
  readonly diagnostics: readonly Diagnostic[]
  /** Missing when the file cannot be read at all. */
  readonly at?: At
  /** The system could not read the file; that may pass without its being written. */
  readonly passing?: true
}

/** Reads a file of consumers. Never throws; every fault has its position. */
export function readConsumers(file: string, text: string, context: CompileContext): ReadConsumers {
  const { source, diagnostics: said } = readSource(file, text)
  if (!source) return { diagnostics: said }
  if (isObject(source.value) && ('openapi' in source.value || 'swagger' in source.value)) return { diagnostics: [] }
  const root = rootOf(source)
  const diagnostics = [...said]
  const read = readSettings(consumersFile, root, context, (diagnostic) => diagnostics.push(diagnostic))
  diagnostics.push(...duplicates(root))
  const at: At = (code, path, message, hint) => diagnose(code, childOf(root, ...path), 'value', message, hint)
  return { diagnostics, at, ...(read && !hasErrors(diagnostics) ? { consumers: read.consumers } : {}) }
}

/** Names and client ids that stand twice. */
function duplicates(root: Node): Diagnostic[] {
  const seen = new Set<string>()
  const again = (kind: string, node: Node): Diagnostic[] => {
    if (typeof node.value !== 'string') return []
    const name = `${kind} ${JSON.stringify(node.value)}`
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [diagnose('GW3402', node, 'value', `the ${name} stands twice in this file`)]
  }
  const listAt = (node: Node, key: string): Node[] => {
    const list = childOf(node, key)
    return Array.isArray(list.value) ? list.value.map((_, index) => childOf(list, index)) : []
  }
  return listAt(root, 'consumers').flatMap((consumer) => [
    ...again('username', childOf(consumer, 'username')),
    ...again('custom_id', childOf(consumer, 'custom_id')),
    ...listAt(consumer, 'applications').flatMap((application) => again('client_id', childOf(application, 'client_id'))),
  ])
}
