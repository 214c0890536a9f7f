import { diagnose } from '../../document/diagnose.ts'
import { childOf, isObject, type Node } from '../../document/node.ts'
import type { CompileContext, Report } from '../compile-context.ts'

/**
 * The node with every whole-value reference (`env:NAME`, `file:/path`) replaced by what it stands for. Happens on parsed
 * values, so that what a variable holds can never become structure. A missing one is an error at its position.
 */
export function resolveValues(node: Node, context: CompileContext, report: Report): Node {
  return { ...node, value: resolve(node, context, report) }
}

function resolve(node: Node, context: CompileContext, report: Report): unknown {
  const { value } = node
  if (typeof value === 'string') return isReference(value) ? lookUp(value, node, context, report) : value
  if (Array.isArray(value)) return value.map((_, index) => resolve(childOf(node, index), context, report))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.keys(value).map((key) => [key, resolve(childOf(node, key), context, report)]))
}

/** Whether a text stands for something outside of the document. */
export function isReference(text: string): boolean {
  return /^(?:env:|file:\/)/.test(text)
}

function lookUp(text: string, node: Node, context: CompileContext, report: Report): string {
  const isVariable = text.startsWith('env:')
  const name = text.slice(isVariable ? 4 : 5)
  // A file written by an editor or by `echo` ends with a line break that is not part of the value.
  const found = isVariable ? context.environment(name) : context.readFile(name)?.replace(/\r?\n$/, '')
  if (found === undefined) {
    const what = isVariable ? `the environment variable ${name} is not set` : `the file ${name} cannot be read`
    const hint = isVariable ? `set ${name} where the gateway runs` : 'create it, readable for the gateway'
    report(diagnose('GW1301', node, 'value', what, hint))
  }
  return found ?? text
}
