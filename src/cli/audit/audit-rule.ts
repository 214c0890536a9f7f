import type { Api } from '../../api/api.ts'
import type { Diagnostic, Severity } from '../../core/diagnostic.ts'
import type { ApiDocument } from '../../document/load-document.ts'
import type { Node } from '../../document/node.ts'

/** What is audited: a document, and what it compiles to when it can be served. */
export interface AuditSubject {
  readonly document: ApiDocument
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
}

/** Something that works, and that one should not want, or should want knowingly. */
export interface AuditRule {
  /** Stable, for ignore files. */
  readonly id: string
  readonly severity: Exclude<Severity, 'hint'>
  /** What it is about, for the list of rules. */
  readonly title: string
  readonly hint: string
  find(subject: AuditSubject, report: (place: Node | Diagnostic, message: string) => void): void
}
