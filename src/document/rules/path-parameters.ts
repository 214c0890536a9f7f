import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../diagnose.ts'
import type { ApiDocument } from '../load-document.ts'
import { childOf, itemsOf, type Node } from '../node.ts'
import type { DeclaredOperation } from '../operations.ts'

/** OAS "Path Templating": each template expression corresponds to a path parameter, and the other way round. */
export function pathParameters(document: ApiDocument): Diagnostic[] {
  const reported = new Set<string>()
  return document.operations.flatMap((operation) => checkOperation(document, operation, reported))
}

function checkOperation(document: ApiDocument, operation: DeclaredOperation, reported: Set<string>): Diagnostic[] {
  const expected = new Set([...operation.path.matchAll(/\{[?#&/;.+]?([^{}*]+)\*?\}/g)].map((match) => match[1] ?? ''))
  const declared = new Map<string, Node>()
  let unknown = false
  for (const holder of [...operation.pathItems, operation.node]) {
    for (const item of itemsOf(childOf(holder, 'parameters'))) {
      const parameter = document.follow(item)
      const name = parameter && childOf(parameter, 'name').value
      if (typeof name !== 'string') unknown = true
      else if (parameter && childOf(parameter, 'in').value === 'path') declared.set(name, item)
    }
  }
  const found: Diagnostic[] = []
  for (const [name, item] of declared) {
    const key = `${item.source.file}#${item.path.join('/')}`
    if (expected.has(name) || reported.has(key)) continue
    reported.add(key)
    found.push(diagnose('GW5203', item, 'value', `the path ${operation.path} has no parameter ${JSON.stringify(name)}`))
  }
  if (unknown) return found // a parameter that cannot be read may be the missing one
  for (const name of expected) {
    if (declared.has(name)) continue
    const message = `${operation.method} ${operation.path} does not declare its path parameter ${JSON.stringify(name)}`
    found.push(diagnose('GW5202', operation.node, 'key', message, 'it is routed all the same, but never validated'))
  }
  return found
}
