import type { Api } from '../../api/api.ts'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { JsonPath } from '../../core/json-pointer.ts'

/** What became of the text of a document. */
export interface CompiledDocument {
  /** Missing when the document cannot be served. */
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
  /** Files that it refers to, also those that are not there: when one changes, the document is compiled anew. */
  readonly dependsOn: readonly string[]
  /** Where something stands in the text; asked at once, not kept. */
  readonly locate?: (path: JsonPath, part: 'key' | 'value') => Spot
}

/** Reads and compiles one document. A text that cannot be served is a matter of diagnostics, not of throwing. */
export type CompileDocument = (file: string, text: string) => Promise<CompiledDocument>

/** 1-based; the end is exclusive. */
export interface Spot {
  readonly line: number
  readonly column: number
  readonly endLine?: number
  readonly endColumn?: number
}

/**
 * `live`: what is served is what stands in the file. `stale`: the file cannot be served, its last good version is.
 * `down`: nothing is served.
 */
export interface DocumentStatus {
  readonly file: string
  readonly status: 'live' | 'stale' | 'down'
  /** The API as it is served; missing when the status is `down`. */
  readonly api?: Api
  readonly diagnostics: readonly Diagnostic[]
}

/** What the library remembers of a document. Replaced, never changed. */
export interface DocumentEntry {
  readonly file: string
  /** Order of arrival: who was there first keeps its place. */
  readonly since: number
  /** The outcome of compiling the text; missing when it cannot be served. */
  readonly compiled?: Api
  /** What is published of it. */
  readonly serving?: Api
  /** Of compiling. */
  readonly diagnostics: readonly Diagnostic[]
  /** Nobody has been able to read it so far: whether it is a document is not known. */
  readonly neverRead?: true
  /** Of its place among the others. */
  readonly conflict?: Diagnostic
  /** Files, by the names that the library has for them. */
  readonly dependsOn: ReadonlySet<string>
  readonly spots: { readonly listenPath?: Spot; readonly id?: Spot }
}

/** The state of an entry as others see it. */
export function statusOf(entry: DocumentEntry): DocumentStatus {
  const { file, serving, compiled, conflict } = entry
  const diagnostics = conflict ? [...entry.diagnostics, conflict] : entry.diagnostics
  if (!serving) return { file, status: 'down', diagnostics }
  return { file, status: compiled && !conflict ? 'live' : 'stale', api: serving, diagnostics }
}
