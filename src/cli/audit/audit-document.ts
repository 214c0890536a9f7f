import { byPosition, type Diagnostic } from '../../core/diagnostic.ts'
import { toPointer } from '../../core/json-pointer.ts'
import type { Node } from '../../document/node.ts'
import type { AuditSubject } from './audit-rule.ts'
import { AUDIT_RULES } from './rules.ts'

/** All findings in one document, by position; the code of each is the id of its rule. */
export function auditDocument(subject: AuditSubject): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const { id, severity, hint, find } of AUDIT_RULES) {
    find(subject, (place, message) => {
      const at = 'severity' in place ? place : positionOf(place)
      found.push({ ...at, code: id, severity, message, hint })
    })
  }
  const distinct = new Map(found.map((finding) => [JSON.stringify(finding), finding]))
  return [...distinct.values()].sort(byPosition)
}

/** Where nothing stands, the nearest that contains it answers. */
function positionOf({ source, path }: Node): Pick<Diagnostic, 'file' | 'line' | 'column' | 'pointer'> {
  const { line, column } = source.locate(path, 'key')
  return { file: source.file, line, column, pointer: toPointer(path) }
}
