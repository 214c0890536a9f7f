import type { Diagnostic } from '../../core/diagnostic.ts'
import { diagnose } from '../diagnose.ts'
import type { ApiDocument } from '../load-document.ts'
import { childOf } from '../node.ts'
import type { DeclaredOperation } from '../operations.ts'

/** OAS "Operation Object": an `operationId` is unique among all operations of a document. */
export function duplicateOperationIds(document: ApiDocument): Diagnostic[] {
  const first = new Map<string, DeclaredOperation>()
  return document.operations.flatMap((operation) => {
    const id = childOf(operation.node, 'operationId')
    if (typeof id.value !== 'string') return []
    const other = first.get(id.value)
    if (!other) {
      first.set(id.value, operation)
      return []
    }
    const name = JSON.stringify(id.value)
    const message = `operationId ${name} is already that of ${other.method} ${other.path}`
    const hint = `this operation goes by "${operation.method} ${operation.path}"`
    return [diagnose('GW5201', id, 'value', message, hint)]
  })
}
