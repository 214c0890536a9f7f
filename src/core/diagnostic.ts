/** `error`: not loaded. `warning`: works, but not as one may think. `info`: worth knowing. `hint`: style. */
export type Severity = 'error' | 'warning' | 'info' | 'hint'

/** Something that is wrong with, or remarkable about, a document. Collected and returned, never thrown. */
export interface Diagnostic {
  /** Stable code such as `GW2101`; the table is in the README. */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  /** How to mend it, when there is something to say. */
  readonly hint?: string
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based, in UTF-16 code units as editors count. */
  readonly column: number
  readonly endLine?: number
  readonly endColumn?: number
  /** JSON pointer (RFC 6901) into the file, `''` for the whole. */
  readonly pointer: string
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}

/** Order of reading: by file, then position, then severity. */
export function byPosition(a: Diagnostic, b: Diagnostic): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column || a.code.localeCompare(b.code)
}
